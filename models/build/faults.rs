//! The models, and the faults that are planted in them.

use crate::{Catch, Exchange, Fault, Model};

/// The models.
pub(crate) const MODELS: &[Model] = &[DRIVER, PLACES, EXECUTOR, POOLS, STREAMS, BYTES];

const PLACES: Model = Model {
    name: "places",
    sources: &[
        "../src/executor/call_state.rs",
        "../src/executor/monitor.rs",
        "../src/executor/roster.rs",
        "../src/executor/stalls.rs",
        "../src/executor/workers.rs",
        "src/os_thread.rs",
        "tests/places/record.rs",
        "tests/places/scenarios.rs",
        "tests/places/scheduler.rs",
        "tests/places/worker_loop.rs",
    ],
    shared: &["sync"],
    folders: &[(
        "executor",
        &[
            "call_state",
            "monitor",
            "os_thread",
            "record",
            "roster",
            "scheduler",
            "stalls",
            "worker_loop",
            "workers",
        ],
    )],
    exchanges: &[],
};

const EXECUTOR: Model = Model {
    name: "executor",
    sources: &[
        "../src/drive/cancel.rs",
        "../src/drive/driver.rs",
        "../src/drive/job.rs",
        "../src/drive/parker.rs",
        "../src/executor/call_state.rs",
        "../src/executor/hosts.rs",
        "../src/executor/monitor.rs",
        "../src/executor/record.rs",
        "../src/executor/roster.rs",
        "../src/executor/scheduler.rs",
        "../src/executor/stalls.rs",
        "../src/executor/task_list.rs",
        "../src/executor/worker_loop.rs",
        "../src/executor/workers.rs",
        "src/os_thread.rs",
        "tests/executor/scenarios.rs",
    ],
    shared: &["internal", "sync", "waits"],
    folders: &[
        ("drive", &["cancel", "driver", "job", "parker"]),
        (
            "executor",
            &[
                "call_state",
                "hosts",
                "monitor",
                "os_thread",
                "record",
                "roster",
                "scheduler",
                "stalls",
                "task_list",
                "worker_loop",
                "workers",
            ],
        ),
    ],
    exchanges: &[],
};

const POOLS: Model = Model {
    name: "pools",
    sources: &[
        "../src/offload/carriers.rs",
        "../src/offload/limited.rs",
        "../src/offload/pool.rs",
        "tests/pools/cancel.rs",
        "tests/pools/max_threads.rs",
        "tests/pools/scenarios.rs",
    ],
    shared: &["internal", "sync", "unblock", "waits"],
    folders: &[
        ("drive", &["cancel"]),
        ("offload", &["carriers", "limited", "max_threads", "pool"]),
    ],
    exchanges: &[],
};

const DRIVER: Model = Model {
    name: "driver",
    sources: &[
        "../context/src/placement.rs",
        "../src/drive/driver.rs",
        "../src/drive/parker.rs",
        "tests/driver/cancel.rs",
        "tests/driver/internal.rs",
        "tests/driver/scenarios.rs",
        "tests/driver/task.rs",
    ],
    shared: &["place", "sync", "waits"],
    folders: &[("drive", &["cancel", "driver", "parker"])],
    exchanges: &[
        Exchange {
            file: "placement.rs",
            from: "use std::task::Context;\n",
            to: "use crate::task::Context;\n",
        },
        Exchange {
            file: "driver.rs",
            from: "use std::future::Future;\n",
            to: "use crate::task::Future;\n",
        },
        Exchange {
            file: "driver.rs",
            from: "use std::sync::Arc;\n",
            to: "use crate::sync::Arc;\n",
        },
        Exchange {
            file: "driver.rs",
            from: "use std::task::{Context, Poll, Wake, Waker};\n",
            to: "use crate::task::{Context, Poll, Waker};\n",
        },
        Exchange {
            file: "driver.rs",
            from: "\
impl Wake for Counted {
    fn wake(self: Arc<Self>) {
        Counted::notify_and_drop(self);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        Counted::notify(self);
    }
}

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        Parker::notify(&self);
    }
}
",
            to: "// `task.rs` calls these functions.\n",
        },
    ],
};

const STREAMS: Model = Model {
    name: "streams",
    sources: &[
        "../src/stream/emit.rs",
        "../src/stream/fed.rs",
        "../src/stream/generate.rs",
        "../src/stream/queue.rs",
        "tests/streams/caller.rs",
        "tests/streams/handle.rs",
        "tests/streams/scenarios.rs",
        "tests/streams/slot.rs",
        "tests/streams/traits.rs",
    ],
    shared: &["internal", "sync"],
    folders: &[
        (
            "stream",
            &[
                "caller", "emit", "fed", "generate", "handle", "queue", "slot",
            ],
        ),
        ("work", &["traits"]),
    ],
    exchanges: &[],
};

const BYTES: Model = Model {
    name: "bytes",
    sources: &[
        "../src/io/pipe.rs",
        "tests/bytes/scenarios.rs",
        "tests/bytes/spawn_blocking.rs",
    ],
    shared: &["sync"],
    folders: &[("io", &["pipe"]), ("offload", &["spawn_blocking"])],
    exchanges: &[],
};

const fn catch(model: &'static str, scenario: &'static str, message: &'static str) -> Catch {
    Catch {
        model,
        scenario,
        message,
    }
}

/// The faults.
pub(crate) const FAULTS: &[Fault] = &[
    // The driver parks without reading the flag: other code may have taken the token.
    Fault {
        name: "fault_park_without_look",
        plant: Exchange {
            file: "parker.rs",
            from: "while !self.take_notification() {\n            park();\n        }",
            to: "loop { park(); if self.take_notification() { break; } }",
        },
        caught_by: &[catch("driver", "parking_host", "deadlock")],
    },
    // The driver clears the flag and parks anyway.
    Fault {
        name: "fault_no_second_poll",
        plant: Exchange {
            file: "driver.rs",
            from: "if requests.count == 0 && !woken {",
            to: "if requests.count == 0 {",
        },
        caught_by: &[
            catch("driver", "one_wake", "deadlock"),
            catch("driver", "nested_levels", "deadlock"),
        ],
    },
    // Two stores are swapped: the thread is unparked before the flag is set.
    Fault {
        name: "fault_unpark_before_flag",
        plant: Exchange {
            file: "parker.rs",
            from: "(!self.notified.swap(true, Ordering::AcqRel)).then(|| Unpark {",
            to: "self.thread.unpark();\n        self.notified.swap(true, Ordering::AcqRel);\n        false.then(|| Unpark {",
        },
        caught_by: &[catch("driver", "one_wake", "deadlock")],
    },
    // The flag is looked at before the waker of the turn is there.
    Fault {
        name: "fault_turn_looks_first",
        plant: Exchange {
            file: "parker.rs",
            from: "\
            *self.lock_turn() = Some(cx.waker().clone());
            if self.take_notification() {
",
            to: "\
            let woken = self.take_notification();
            *self.lock_turn() = Some(cx.waker().clone());
            if woken {
",
        },
        caught_by: &[catch("driver", "wake_of_a_turn", "deadlock")],
    },
    // A turn is not woken.
    Fault {
        name: "fault_turn_is_not_woken",
        plant: Exchange {
            file: "parker.rs",
            from: "turn.wake();",
            to: "drop(turn);",
        },
        caught_by: &[catch("driver", "wake_of_a_turn", "deadlock")],
    },
    // The waker is taken before the flag is set.
    Fault {
        name: "fault_turn_taken_before_flag",
        plant: Exchange {
            file: "parker.rs",
            from: "\
        (!self.notified.swap(true, Ordering::AcqRel)).then(|| Unpark {
            thread: self.thread.clone(),
            turn: self.lock_turn().take(),
        })",
            to: "\
        let turn = self.lock_turn().take();
        (!self.notified.swap(true, Ordering::AcqRel)).then(|| Unpark {
            thread: self.thread.clone(),
            turn,
        })",
        },
        caught_by: &[catch("driver", "wake_of_a_turn", "deadlock")],
    },
    // The flag is set without `Release`.
    Fault {
        name: "fault_wake_relaxed",
        plant: Exchange {
            file: "parker.rs",
            from: "self.notified.swap(true, Ordering::AcqRel)",
            to: "self.notified.swap(true, Ordering::Relaxed)",
        },
        caught_by: &[catch(
            "driver",
            "one_wake",
            "polled without having been woken",
        )],
    },
    // The flag is cleared without `Acquire`.
    Fault {
        name: "fault_take_relaxed",
        plant: Exchange {
            file: "parker.rs",
            from: "self.notified.swap(false, Ordering::Acquire)",
            to: "self.notified.swap(false, Ordering::Relaxed)",
        },
        caught_by: &[catch(
            "driver",
            "one_wake",
            "polled without having been woken",
        )],
    },
    // The exchange that clears the flag is a load and a store.
    Fault {
        name: "fault_take_in_two_steps",
        plant: Exchange {
            file: "parker.rs",
            from: "self.notified.swap(false, Ordering::Acquire)",
            to: "{ let up = self.notified.load(Ordering::Acquire); self.notified.store(false, Ordering::Relaxed); up }",
        },
        caught_by: &[catch("driver", "two_wakes", "deadlock")],
    },
    // A driver that has parked does not forward the token to the driver above.
    Fault {
        name: "fault_token_kept",
        plant: Exchange {
            file: "driver.rs",
            from: "parker.forward_token();",
            to: "let _ = parker;",
        },
        caught_by: &[catch("driver", "foreign_driver_above", "deadlock")],
    },
    // A level reuses a waker that another thread still holds.
    Fault {
        name: "fault_waker_used_again",
        plant: Exchange {
            file: "driver.rs",
            from: "if !self.is_alone() || self.parker.is_notified() {",
            to: "if self.parker.is_notified() {",
        },
        caught_by: &[catch(
            "driver",
            "waker_kept_from_an_earlier_call",
            "polled without",
        )],
    },
    // The flag is read before the count: a wake-up can happen in between.
    Fault {
        name: "fault_flag_before_count",
        plant: Exchange {
            file: "driver.rs",
            from: "\
        let alone = requests.count <= 1 && self.is_alone();
        let woken = self.parker.take_notification();
",
            to: "\
        let woken = self.parker.take_notification();
        let alone = requests.count <= 1 && self.is_alone();
",
        },
        caught_by: &[
            catch("driver", "here_if_alone", "something else was woken"),
            catch("driver", "told_if_nothing_wakes", "and was woken"),
            catch("driver", "not_told_if_woken", "and was woken"),
        ],
    },
    // The read of the count does not order the reads after it.
    Fault {
        name: "fault_count_relaxed",
        plant: Exchange {
            file: "driver.rs",
            from: "fence(Ordering::Acquire);",
            to: "let _ = fence;\nlet _ = Ordering::Acquire;",
        },
        caught_by: &[
            catch("driver", "here_if_alone", "something else was woken"),
            catch("driver", "told_if_nothing_wakes", "and was woken"),
            catch("driver", "not_told_if_woken", "and was woken"),
            catch(
                "driver",
                "waker_kept_from_an_earlier_call",
                "polled without",
            ),
        ],
    },
    // A wake-up drops its waker before it sets the flag.
    Fault {
        name: "fault_dropped_before_flag",
        plant: Exchange {
            file: "parker.rs",
            from: "\
        let unpark = counted.0.set_flag();
        drop(counted);
",
            to: "\
        let parker = counted.0.clone();
        drop(counted);
        let unpark = parker.set_flag();
",
        },
        caught_by: &[
            catch("driver", "here_if_alone", "something else was woken"),
            catch("driver", "told_if_nothing_wakes", "and was woken"),
            catch("driver", "not_told_if_woken", "and was woken"),
        ],
    },
    // The driver ignores other holders of the waker.
    Fault {
        name: "fault_not_alone",
        plant: Exchange {
            file: "driver.rs",
            from: "let alone = requests.count <= 1 && self.is_alone();",
            to: "let alone = requests.count <= 1;",
        },
        caught_by: &[
            catch("driver", "here_if_alone", "something else was woken"),
            catch("driver", "told_if_nothing_wakes", "and was woken"),
            catch("driver", "not_told_if_woken", "and was woken"),
        ],
    },
    // The driver ignores how many parts have asked.
    Fault {
        name: "fault_any_number_asked",
        plant: Exchange {
            file: "driver.rs",
            from: "if alone && !woken && requests.count == 1 {",
            to: "if self.is_alone() && !woken && requests.count != 0 {",
        },
        caught_by: &[catch("driver", "two_that_ask", "two asked")],
    },
    // The driver does not send what the poll has left.
    Fault {
        name: "fault_left_is_not_sent",
        plant: Exchange {
            file: "driver.rs",
            from: "requests.send_left();",
            to: "",
        },
        caught_by: &[catch("driver", "asked_and_left", "deadlock")],
    },
    // The driver sends before the poll what the poll might take.
    Fault {
        name: "fault_sent_before_the_poll",
        plant: Exchange {
            file: "driver.rs",
            from: "\
            if let Poll::Ready(value) = self.poll(future.as_mut()) {
                return Ok(value);
            }
            requests.send_left();
",
            to: "\
            requests.send_left();
            if let Poll::Ready(value) = self.poll(future.as_mut()) {
                return Ok(value);
            }
",
        },
        caught_by: &[catch("driver", "asked_and_taken", "sent, and not left")],
    },
    // The driver also sends what has asked in the poll that has just ended.
    Fault {
        name: "fault_sent_as_it_asks",
        plant: Exchange {
            file: "placement.rs",
            from: "mark: turn.next.get(),",
            to: "mark: NONE,",
        },
        caught_by: &[catch("driver", "asked_and_taken", "sent, and not left")],
    },
    // A nested level begins, and what has asked above it waits.
    Fault {
        name: "fault_nested_level_sends_nothing",
        plant: Exchange {
            file: "placement.rs",
            from: "    send_all();\n    TURN.with(|turn| {",
            to: "    TURN.with(|turn| {",
        },
        caught_by: &[catch(
            "driver",
            "asked_and_waited_for_in_the_poll",
            "deadlock",
        )],
    },
    // A level ends, and what has asked in its last poll waits.
    Fault {
        name: "fault_end_of_level_sends_nothing",
        plant: Exchange {
            file: "placement.rs",
            from: "    fn drop(&mut self) {\n        send_all();",
            to: "    fn drop(&mut self) {",
        },
        caught_by: &[catch("driver", "asked_in_the_last_poll", "deadlock")],
    },
    // A runner that stops wakes no other runner.
    // A call that never parks does not ask whether it is to end.
    Fault {
        name: "fault_asks_only_where_it_parks",
        plant: Exchange {
            file: "driver.rs",
            from: "if waiting.polls % POLLS_UNASKED == 0 {",
            to: "if false {",
        },
        caught_by: &[catch(
            "driver",
            "stopped_while_it_wakes_itself",
            "it never asked",
        )],
    },
    Fault {
        name: "fault_no_wake_one",
        plant: Exchange {
            file: "worker_loop.rs",
            from: "// The runner is gone.\n    workers.scheduler().wake_one();",
            to: "",
        },
        caught_by: &[catch(
            "executor",
            "tasks_in_the_queue_of_who_waits",
            "deadlock",
        )],
    },
    // The monitor sleeps without checking the workers again.
    Fault {
        name: "fault_monitor_sleeps_blindly",
        plant: Exchange {
            file: "monitor.rs",
            from: "self.asleep.load(Ordering::SeqCst) && watched.is_idle() && !watched.is_closed()",
            to: "self.asleep.load(Ordering::SeqCst) && !watched.is_closed()",
        },
        caught_by: &[
            catch("places", "busy_worker", "deadlock"),
            catch("executor", "in_place", "deadlock"),
        ],
    },
    // Two stores are swapped: the monitor is woken before the worker is busy.
    Fault {
        name: "fault_wakes_monitor_too_early",
        plant: Exchange {
            file: "workers.rs",
            from: "worker.idle.store(false, Ordering::SeqCst);\n        self.monitor.wake_if_asleep();",
            to: "self.monitor.wake_if_asleep();\n        worker.idle.store(false, Ordering::SeqCst);",
        },
        // The model `executor` explores by chance, and its monitor seldom sleeps.
        caught_by: &[catch("places", "busy_worker", "deadlock")],
    },
    // A `.get()` that is about to park registers its waker, and does not check whether the executor has stopped.
    Fault {
        name: "fault_stop_not_looked_for",
        plant: Exchange {
            file: "hosts.rs",
            from: "if self.workers.is_closed() {",
            to: "if false {",
        },
        caught_by: &[catch("executor", "stop_at_any_time", "exceeded max_steps")],
    },
    // It checks first, and registers afterwards.
    Fault {
        name: "fault_stop_looked_for_too_early",
        plant: Exchange {
            file: "hosts.rs",
            from: "self.worker.parked.register(cx.waker());\n        if self.workers.is_closed() {",
            to: "let stopped = self.workers.is_closed();\n        self.worker.parked.register(cx.waker());\n        if stopped {",
        },
        caught_by: &[catch("executor", "stop_at_any_time", "exceeded max_steps")],
    },
    // An executor that stops does not wake parked calls.
    Fault {
        name: "fault_stop_wakes_none",
        plant: Exchange {
            file: "workers.rs",
            from: "worker.parked.wake();",
            to: "",
        },
        caught_by: &[catch("executor", "stop_while_parked", "exceeded max_steps")],
    },
    // The exchange that hands a place off is a load and a store.
    Fault {
        name: "fault_hand_off_in_two_steps",
        plant: Exchange {
            file: "call_state.rs",
            from: "\
        self.0
            .compare_exchange(call.0, handed_off, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
",
            to: "\
        let same = self.0.load(Ordering::Acquire) == call.0;
        if same {
            self.0.store(handed_off, Ordering::Release);
        }
        same
",
        },
        caught_by: &[catch("executor", "short_calls", "it should come to that")],
    },
    // The exchange that ends a call is a load and a store.
    Fault {
        name: "fault_end_in_two_steps",
        plant: Exchange {
            file: "call_state.rs",
            from: "\
        let kept = self
            .0
            .compare_exchange(call.0, next, Ordering::AcqRel, Ordering::Acquire)
            .is_ok();
        if !kept {
            self.0.store(next, Ordering::Release);
        }
",
            to: "\
        let kept = self.0.load(Ordering::Acquire) == call.0;
        self.0.store(next, Ordering::Release);
",
        },
        caught_by: &[catch("executor", "short_calls", "it should come to that")],
    },
    // A place is handed off outside of the lock under which the substitute is recorded.
    Fault {
        name: "fault_hand_off_unlocked",
        plant: Exchange {
            file: "workers.rs",
            from: "let handed_off = worker.call_state.hand_off(call);\n        if handed_off {",
            to: "drop(roster);\n        let handed_off = worker.call_state.hand_off(call);\n        let mut roster = self.lock();\n        if handed_off {",
        },
        caught_by: &[catch("executor", "short_calls", "it should come to that")],
    },
    // The worker looks for a spare although the monitor has already handed its place off.
    Fault {
        name: "fault_two_spares_for_a_call",
        plant: Exchange {
            file: "workers.rs",
            from: "if worker.call_state.current_call() != Some(call) {",
            to: "if false {",
        },
        caught_by: &[catch("executor", "slow_then_parked", "cannot block here")],
    },
    // A spare that is retired before it notices its activation does not become idle again.
    Fault {
        name: "fault_retired_spare_is_lost",
        plant: Exchange {
            file: "workers.rs",
            from: "if worker.is_active.load(Ordering::Relaxed) {",
            to: "if worker.is_active.load(Ordering::Relaxed) && !worker.retiring.load(Ordering::Relaxed) {",
        },
        caught_by: &[
            catch("executor", "short_calls", "it should come to that"),
            catch("executor", "guests", "it should come to that"),
        ],
    },
    // A spare that becomes idle is not put on the list.
    Fault {
        name: "fault_spare_not_on_the_list",
        plant: Exchange {
            file: "workers.rs",
            from: "roster.deactivate(Arc::clone(worker));",
            to: "worker.is_active.store(false, Ordering::Relaxed);",
        },
        caught_by: &[catch(
            "executor",
            "tasks_that_spawn",
            "it should come to that",
        )],
    },
    // A spare whose idle time has ended stays on the list.
    Fault {
        name: "fault_ended_spare_on_the_list",
        plant: Exchange {
            file: "workers.rs",
            from: "roster.idle.retain(|other| !Arc::ptr_eq(other, worker));",
            to: "",
        },
        caught_by: &[catch("executor", "guests", "it should come to that")],
    },
    // A worker that reclaims its place retires the next spare of the chain only.
    Fault {
        name: "fault_chain_stays",
        plant: Exchange {
            file: "roster.rs",
            from: "spare = self.substitutes.remove(&worker.id);",
            to: "spare = None;",
        },
        caught_by: &[catch(
            "executor",
            "chain_that_is_cut",
            "it should come to that",
        )],
    },
    // A worker that reclaims its place retires no spare.
    Fault {
        name: "fault_none_retired",
        plant: Exchange {
            file: "workers.rs",
            from: "roster.retire(spare);\n        drop(roster);",
            to: "drop(spare);\n        drop(roster);",
        },
        caught_by: &[catch("executor", "chain", "it should come to that")],
    },
    // A spare is activated with `retiring` still set from the last time.
    Fault {
        name: "fault_retired_at_once",
        plant: Exchange {
            file: "roster.rs",
            from: "worker.retiring.store(false, Ordering::Relaxed);",
            to: "",
        },
        // It deadlocks or runs forever: the schedule decides which is seen first.
        caught_by: &[catch("executor", "tasks_in_the_queue_of_who_waits", "")],
    },
    // A worker checks whether it is to stop, and registers its waker afterwards.
    Fault {
        name: "fault_retires_too_late",
        plant: Exchange {
            file: "roster.rs",
            from: "\
            self.loop_waker.register(cx.waker());
            if self.retiring.load(Ordering::Acquire) {
",
            to: "\
            let retiring = self.retiring.load(Ordering::Acquire);
            self.loop_waker.register(cx.waker());
            if retiring {
",
        },
        caught_by: &[catch("executor", "guests", "it should come to that")],
    },
    // A worker gets busy while the monitor goes to sleep. The worker's side: a store, then a load of another value.
    Fault {
        name: "fault_busy_stored_with_release",
        plant: Exchange {
            file: "workers.rs",
            from: "worker.idle.store(false, Ordering::SeqCst);",
            to: "worker.idle.store(false, Ordering::Release);",
        },
        caught_by: &[catch("places", "busy_worker", "deadlock")],
    },
    Fault {
        name: "fault_asleep_loaded_with_acquire",
        plant: Exchange {
            file: "monitor.rs",
            from: "if self.asleep.load(Ordering::SeqCst) &&",
            to: "if self.asleep.load(Ordering::Acquire) &&",
        },
        caught_by: &[catch("places", "busy_worker", "deadlock")],
    },
    // The monitor's side. (Its load of `idle` needs no fault of its own: a load of `asleep` comes before it, which is
    // enough.)
    Fault {
        name: "fault_asleep_stored_with_release",
        plant: Exchange {
            file: "monitor.rs",
            from: "self.asleep.store(true, Ordering::SeqCst);",
            to: "self.asleep.store(true, Ordering::Release);",
        },
        caught_by: &[catch("places", "busy_worker", "deadlock")],
    },
    // All tasks are cancelled, and the executor ends before they have ended. Then: the steps of `end_all`, one by one.
    Fault {
        name: "fault_tasks_not_waited_for",
        plant: Exchange {
            file: "task_list.rs",
            from: "if self.len() == 0 {",
            to: "if self.len() < 9 {",
        },
        caught_by: &[catch("executor", "scheduler_dropped_as_a_thread_wakes", "")],
    },
    Fault {
        name: "fault_close_wakes_none",
        plant: Exchange {
            file: "task_list.rs",
            from: "wakers.into_iter().for_each(Waker::wake);",
            to: "drop(wakers);",
        },
        caught_by: &[catch("executor", "stop_as_threads_wake_and_cancel", "")],
    },
    Fault {
        name: "fault_list_is_not_closed",
        plant: Exchange {
            file: "task_list.rs",
            from: "self.closed.store(true, Ordering::SeqCst);",
            to: "",
        },
        caught_by: &[catch("executor", "stop_as_threads_wake_and_cancel", "")],
    },
    Fault {
        name: "fault_list_is_not_reopened",
        plant: Exchange {
            file: "task_list.rs",
            from: "self.closed.store(false, Ordering::SeqCst);",
            to: "",
        },
        caught_by: &[catch("executor", "stop_as_threads_wake_and_cancel", "")],
    },
    // A stalled worker is never relieved: what would end its poll is not run.
    Fault {
        name: "fault_stall_is_not_relieved",
        plant: Exchange {
            file: "stalls.rs",
            from: "workers.relieve(worker, seen.poll);",
            to: "let _ = (worker, seen.poll);",
        },
        caught_by: &[catch("executor", "stall", "exceeded max_steps")],
    },
    // The end of a relieved poll does not give the place back, and no round of the monitor does.
    Fault {
        name: "fault_place_is_not_taken_back",
        plant: Exchange {
            file: "workers.rs",
            from: "self.lock().take_back(worker);",
            to: "let _ = worker;",
        },
        caught_by: &[catch("executor", "stall", "it should come to that")],
    },
    // A call in a relieved poll takes a spare of its own, and the first one is not retired.
    Fault {
        name: "fault_two_spares_for_a_poll",
        plant: Exchange {
            file: "workers.rs",
            from: "if worker.record.is_relieved() {\n            // The spare",
            to: "if false {\n            // The spare",
        },
        caught_by: &[catch(
            "executor",
            "stalled_then_parked",
            "it should come to that",
        )],
    },
    // The drop waits for a poll that waits for the drop.
    Fault {
        name: "fault_none_is_left",
        plant: Exchange {
            file: "workers.rs",
            from: "roster.left.insert(worker.id, poll);",
            to: "roster.left.clear();\n        let _ = (worker, poll);",
        },
        caught_by: &[
            catch("executor", "stop_while_blocked", "exceeded max_steps"),
            catch("executor", "stop_each_other", "exceeded max_steps"),
        ],
    },
    // A task that is in its first poll as the list is closed is not on the list, and does not look.
    Fault {
        name: "fault_closed_is_not_looked_for",
        plant: Exchange {
            file: "task_list.rs",
            from: "if !list.closed.load(Ordering::SeqCst) {",
            to: "if true {",
        },
        caught_by: &[catch("executor", "stop_while_blocked", "deadlock")],
    },
    // The protocol of a job: the handle is dropped before the code begins, while it runs, while it is parked, and as it ends.
    Fault {
        name: "fault_abandoned_is_not_marked",
        plant: Exchange {
            file: "job.rs",
            from: "state.stage = Stage::Abandoned;",
            to: "",
        },
        caught_by: &[catch("executor", "dropped_at_any_time", "")],
    },
    Fault {
        name: "fault_begins_whatever_the_stage",
        plant: Exchange {
            file: "job.rs",
            from: "let is_queued = matches!(state.stage, Stage::Queued);",
            to: "let is_queued = true;",
        },
        caught_by: &[catch("executor", "dropped_at_any_time", "")],
    },
    Fault {
        name: "fault_end_notifies_none",
        plant: Exchange {
            file: "job.rs",
            from: "self.ended.notify_all();",
            to: "",
        },
        caught_by: &[catch("executor", "dropped_at_any_time", "deadlock")],
    },
    // Code that ends does not look whether it was told, so that nobody drops its value.
    Fault {
        name: "fault_told_not_looked_for_at_the_end",
        plant: Exchange {
            file: "job.rs",
            from: "if self.is_told() {\n            return false;",
            to: "if false {\n            return false;",
        },
        caught_by: &[catch("executor", "dropped_at_any_time", "")],
    },
    Fault {
        name: "fault_running_is_not_told",
        plant: Exchange {
            file: "job.rs",
            from: "self.told.store(true, Ordering::Relaxed);",
            to: "",
        },
        caught_by: &[catch("executor", "interrupted_as_it_parks", "deadlock")],
    },
    // It is told after the waker was taken, outside of the lock.
    Fault {
        name: "fault_told_too_late",
        plant: Exchange {
            file: "job.rs",
            from: "\
                self.told.store(true, Ordering::Relaxed);
                (elsewhere, state.wait.take())
",
            to: "\
                let wait = state.wait.take();
                drop(state);
                self.told.store(true, Ordering::Relaxed);
                state = self.lock();
                (elsewhere, wait)
",
        },
        caught_by: &[catch("executor", "interrupted_as_it_parks", "deadlock")],
    },
    Fault {
        name: "fault_drop_wakes_no_wait",
        plant: Exchange {
            file: "job.rs",
            from: "if let Some(waker) = wait {",
            to: "if let Some(waker) = wait.filter(|_| false) {",
        },
        caught_by: &[
            catch("executor", "interrupted_as_it_parks", "deadlock"),
            catch("executor", "given_up_as_it_parks", ""),
        ],
    },
    Fault {
        name: "fault_told_not_looked_for_before_the_park",
        plant: Exchange {
            file: "job.rs",
            from: "if self.is_told() {\n            let ends",
            to: "if false {\n            let ends",
        },
        caught_by: &[catch("executor", "interrupted_as_it_parks", "deadlock")],
    },
    Fault {
        name: "fault_end_wakes_no_handle",
        plant: Exchange {
            file: "job.rs",
            from: "if let Some(waker) = handle {",
            to: "if let Some(waker) = handle.filter(|_| false) {",
        },
        caught_by: &[catch("executor", "awaited_as_it_ends", "deadlock")],
    },
    // What waits for the value looks, and registers its waker afterwards.
    Fault {
        name: "fault_end_looked_for_too_early",
        plant: Exchange {
            file: "job.rs",
            from: "let is_known = |known: &Waker|",
            to: "drop(state);\n        state = self.lock();\n        let is_known = |known: &Waker|",
        },
        caught_by: &[catch("executor", "awaited_as_it_ends", "deadlock")],
    },
    // A job that resumes does not take its place back.
    Fault {
        name: "fault_place_not_taken_back",
        plant: Exchange {
            file: "limited.rs",
            from: "                queue.running += 1;\n                queue.given_up",
            to: "                queue.given_up",
        },
        caught_by: &[catch("pools", "jobs_that_wait_for_jobs", "")],
    },
    // A job that parks keeps its place.
    Fault {
        name: "fault_place_kept",
        plant: Exchange {
            file: "limited.rs",
            from: "            queue.running -= 1;\n            queue.given_up += given_up;",
            to: "            queue.running += 0;\n            queue.given_up += given_up;",
        },
        caught_by: &[catch("pools", "jobs_that_wait_for_jobs", "deadlock")],
    },
    // A job that ends starts no other.
    Fault {
        name: "fault_end_starts_none",
        plant: Exchange {
            file: "limited.rs",
            from: "        self.0.start(next);",
            to: "        drop(next);",
        },
        caught_by: &[catch("pools", "at_most_so_many", "deadlock")],
    },
    // The room is looked for without the jobs that got their places since.
    Fault {
        name: "fault_limit_is_exceeded",
        plant: Exchange {
            file: "limited.rs",
            from: "self.running + counted <",
            to: "self.running + counted <=",
        },
        caught_by: &[catch("pools", "at_most_so_many", "jobs at once")],
    },
    // A higher limit starts no jobs.
    Fault {
        name: "fault_raise_starts_none",
        plant: Exchange {
            file: "limited.rs",
            from: "    while DEFAULT.get().start_next() {}\n",
            to: "",
        },
        caught_by: &[catch("pools", "limit_is_raised", "deadlock")],
    },
    // Waits that were given up don't count, however many there are.
    Fault {
        name: "fault_given_up_unbounded",
        plant: Exchange {
            file: "limited.rs",
            from: "n => n.saturating_sub(max_jobs()),",
            to: "_ => 0,",
        },
        caught_by: &[catch("pools", "waits_that_were_given_up", "in the stead")],
    },
    // None of them is ever excepted.
    Fault {
        name: "fault_no_exception",
        plant: Exchange {
            file: "limited.rs",
            from: "self.excepted += 1;",
            to: "",
        },
        caught_by: &[catch(
            "pools",
            "waits_that_were_given_up_and_need_the_pool",
            "exceeded max_steps",
        )],
    },
    // Nobody looks after a pool that is stuck.
    Fault {
        name: "fault_stuck_unnoticed",
        plant: Exchange {
            file: "limited.rs",
            from: "return if is_new { Next::Stuck }",
            to: "return if false { Next::Stuck }",
        },
        caught_by: &[catch(
            "pools",
            "waits_that_were_given_up_and_need_the_pool",
            "deadlock",
        )],
    },
    // While jobs are parked, `blocking` gets a ticket.
    Fault {
        name: "fault_parked_not_counted",
        plant: Exchange {
            file: "carriers.rs",
            from: "self.parked > 0 || self.tickets + self.carriers >= max_threads::of_blocking()",
            to: "self.tickets >= max_threads::of_blocking()",
        },
        caught_by: &[catch(
            "pools",
            "wait_for_one_that_was_sent_before",
            "deadlock",
        )],
    },
    // A ticket that was run still counts as a call.
    Fault {
        name: "fault_ticket_counts_twice",
        plant: Exchange {
            file: "carriers.rs",
            from: "        ready.tickets -= 1;\n",
            to: "",
        },
        caught_by: &[catch("pools", "one_after_the_other", "deadlock")],
    },
    // A carrier that was called leaves as one that has waited in vain.
    Fault {
        name: "fault_called_carrier_leaves",
        plant: Exchange {
            file: "carriers.rs",
            from: "            if ready.lingers == this {\n                ready.lingers = None;",
            to: "            {\n                ready.lingers = None;",
        },
        caught_by: &[catch("pools", "one_after_the_other", "deadlock")],
    },
    // A carrier that has announced its end leaves, though a job has called it.
    Fault {
        name: "fault_announced_carrier_leaves",
        plant: Exchange {
            file: "carriers.rs",
            from: "is_called |= ready.take_back();\n        loop {",
            to: "if !is_called {\n            ready.take_back();\n            return None;\n        }\n        loop {",
        },
        caught_by: &[catch("pools", "announced_ends", "deadlock")],
    },
    // Nothing takes jobs that do not begin.
    Fault {
        name: "fault_no_watchdog",
        plant: Exchange {
            file: "carriers.rs",
            from: "            if let Some(more) = looks.checked_sub(LOOKS) {",
            to: "            if let Some(more) = None::<u32> {",
        },
        caught_by: &[catch("pools", "others_hold_the_threads", "")],
    },
    // The watchdog ends, though a ticket has woken it.
    Fault {
        name: "fault_watchdog_ends_blindly",
        plant: Exchange {
            file: "carriers.rs",
            from: "if let Watchdog::Asleep(_) = ready.watchdog {",
            to: "if quiet > 0 {",
        },
        caught_by: &[catch("pools", "watchdog_that_sleeps", "deadlock")],
    },
    // A push does not wake the taker.
    Fault {
        name: "fault_push_wakes_no_taker",
        plant: Exchange {
            file: "queue.rs",
            from: "\
        let has_room = state.items.len() < room;
        let taker = state.taker.take();
",
            to: "\
        let has_room = state.items.len() < room;
        let taker = None::<Waker>;
",
        },
        caught_by: &[catch("streams", "each_item_once", "deadlock")],
    },
    // A push wakes the taker before it adds the item.
    Fault {
        name: "fault_taker_woken_before_the_push",
        plant: Exchange {
            file: "queue.rs",
            from: "\
        state.items.push_back(item);
        let has_room = state.items.len() < room;
        let taker = state.taker.take();
        drop(state);
        if let Some(waker) = taker {
            waker.wake();
        }
",
            to: "\
        let taker = state.taker.take();
        drop(state);
        if let Some(waker) = taker {
            waker.wake();
        }
        let mut state = self.queue.lock();
        state.items.push_back(item);
        let has_room = state.items.len() < room;
",
        },
        caught_by: &[catch("streams", "each_item_once", "deadlock")],
    },
    // A pop does not wake the maker that waits for room.
    Fault {
        name: "fault_pop_wakes_no_maker",
        plant: Exchange {
            file: "queue.rs",
            from: "let maker = state.maker.take();",
            to: "let maker = None::<Waker>;",
        },
        caught_by: &[catch("streams", "each_item_once", "deadlock")],
    },
    // The drop of the taker does not wake the maker.
    Fault {
        name: "fault_closing_wakes_no_maker",
        plant: Exchange {
            file: "queue.rs",
            from: "(items, state.maker.take(), state.taker.take())",
            to: "(items, None::<Waker>, state.taker.take())",
        },
        caught_by: &[catch("streams", "taker_is_dropped", "deadlock")],
    },
    // The drop of the taker does not close the queue.
    Fault {
        name: "fault_closing_closes_nothing",
        plant: Exchange {
            file: "queue.rs",
            from: "            state.is_closed = true;\n",
            to: "",
        },
        caught_by: &[
            catch("streams", "taker_is_dropped", "deadlock"),
            catch("streams", "push_into_a_closed_queue", "nobody can take it"),
        ],
    },
    // A push does not look whether the taker is gone.
    Fault {
        name: "fault_push_looks_for_no_end",
        plant: Exchange {
            file: "queue.rs",
            from: "\
        if state.is_closed {
            return Err(item);
        }
",
            to: "",
        },
        caught_by: &[catch(
            "streams",
            "push_into_a_closed_queue",
            "nobody can take it",
        )],
    },
    // What waits for room does not look whether the taker is gone.
    Fault {
        name: "fault_wait_for_room_looks_for_no_end",
        plant: Exchange {
            file: "queue.rs",
            from: "\
        if state.is_closed {
            return Poll::Ready(Err(IsClosed));
        }
",
            to: "",
        },
        caught_by: &[catch("streams", "taker_is_dropped", "made too many ahead")],
    },
    // The maker leaves its waker under another lock than the one under which it has looked.
    Fault {
        name: "fault_room_looked_for_before_the_lock",
        plant: Exchange {
            file: "queue.rs",
            from: "        let previous = state.maker.replace(cx.waker().clone());\n",
            to: "\
        drop(state);
        let mut state = self.queue.lock();
        let previous = state.maker.replace(cx.waker().clone());
",
        },
        caught_by: &[
            catch("streams", "each_item_once", "deadlock"),
            catch("streams", "taker_is_dropped", "deadlock"),
        ],
    },
    // The taker leaves its waker under another lock than the one under which it has looked.
    Fault {
        name: "fault_items_looked_for_before_the_lock",
        plant: Exchange {
            file: "queue.rs",
            from: "        let previous = state.taker.replace(cx.waker().clone());\n",
            to: "\
        drop(state);
        let mut state = self.queue.lock();
        let previous = state.taker.replace(cx.waker().clone());
",
        },
        caught_by: &[catch("streams", "each_item_once", "deadlock")],
    },
    // A push tells of room where there is none.
    Fault {
        name: "fault_room_is_exceeded",
        plant: Exchange {
            file: "queue.rs",
            from: "let has_room = state.items.len() < room;",
            to: "let has_room = state.items.len() <= room;",
        },
        caught_by: &[catch("streams", "taker_is_dropped", "it was not told")],
    },
    // What waits for room is told of room where there is none.
    Fault {
        name: "fault_wait_for_room_exceeds_it",
        plant: Exchange {
            file: "queue.rs",
            from: "if state.items.len() < room {",
            to: "if state.items.len() <= room {",
        },
        caught_by: &[catch("streams", "taker_is_dropped", "made too many ahead")],
    },
    // The taker does not look again after the maker has ended.
    Fault {
        name: "fault_end_before_the_items",
        plant: Exchange {
            file: "fed.rs",
            from: "\
                    self.feeder = None;
                    self.ended = ended;
",
            to: "\
                    self.feeder = None;
                    self.ended = ended;
                    return Poll::Ready(None);
",
        },
        caught_by: &[
            catch("streams", "each_item_once", "left: None"),
            catch("streams", "maker_ends", "left: None"),
        ],
    },
    // An emission does not wake the stream.
    Fault {
        name: "fault_emission_wakes_no_stream",
        plant: Exchange {
            file: "emit.rs",
            from: "            taker = state.taker.take();\n",
            to: "            taker = None::<Waker>;\n",
        },
        caught_by: &[
            catch("streams", "stream_waits_for_another_task", "deadlock"),
            catch("streams", "two_other_tasks", "deadlock"),
        ],
    },
    // What is emitted after the end is not refused.
    Fault {
        name: "fault_emission_after_the_end",
        plant: Exchange {
            file: "emit.rs",
            from: "\
        if state.is_closed {
            return None;
        }
",
            to: "",
        },
        caught_by: &[
            catch("streams", "body_and_another_task", "deadlock"),
            catch("streams", "stream_is_dropped", "deadlock"),
        ],
    },
    // An emission of several items counts as taken with each of them.
    Fault {
        name: "fault_batch_counts_as_one",
        plant: Exchange {
            file: "emit.rs",
            from: "        if left == 0 {\n",
            to: "        if left < usize::MAX {\n",
        },
        caught_by: &[catch(
            "streams",
            "stream_is_dropped_amid_a_batch",
            "said to be",
        )],
    },
    // A take does not wake the emitter.
    Fault {
        name: "fault_take_wakes_no_emitter",
        plant: Exchange {
            file: "emit.rs",
            from: "\
        for waker in done {
            waker.wake();
        }
",
            to: "        drop(done);\n",
        },
        caught_by: &[
            catch("streams", "stream_waits_for_another_task", "deadlock"),
            catch("streams", "part_with_its_own_waker", "deadlock"),
        ],
    },
    // A take wakes the emitter of the item before.
    Fault {
        name: "fault_take_wakes_the_emitter_before",
        plant: Exchange {
            file: "emit.rs",
            from: "take_done(&mut state.waiting, next);",
            to: "take_done(&mut state.waiting, next.wrapping_sub(1));",
        },
        caught_by: &[
            catch("streams", "stream_waits_for_another_task", "deadlock"),
            catch("streams", "part_with_its_own_waker", "deadlock"),
        ],
    },
    // A take looks only at the first emitter that waits, and they are in no order.
    Fault {
        name: "fault_take_looks_at_the_first_emitter",
        plant: Exchange {
            file: "emit.rs",
            from: "            at += 1;\n",
            to: "            break;\n",
        },
        caught_by: &[catch("streams", "emitters_in_turn", "not woken")],
    },
    // An item counts as taken before it leaves, and once more when it does.
    Fault {
        name: "fault_taken_before_the_item_leaves",
        plant: Exchange {
            file: "emit.rs",
            from: "\
        let mut queued = self.queued.load(Ordering::Relaxed);
",
            to: "\
        let mut queued = self.queued.load(Ordering::Relaxed);
        let early = self.taken.load(Ordering::Relaxed).wrapping_add(1);
        self.taken.store(early, Ordering::Release);
",
        },
        caught_by: &[catch("streams", "stream_is_dropped", "said to be")],
    },
    // The number of the next item is stored without `Release`.
    Fault {
        name: "fault_taken_stored_relaxed",
        plant: Exchange {
            file: "emit.rs",
            from: "self.taken.store(next, Ordering::Release);",
            to: "self.taken.store(next, Ordering::Relaxed);",
        },
        caught_by: &[catch("streams", "done_before_it_was_taken", "not seen")],
    },
    // The number of the next item is read without `Acquire`.
    Fault {
        name: "fault_taken_loaded_relaxed",
        plant: Exchange {
            file: "emit.rs",
            from: "\
        if is_before(number, self.taken.load(Ordering::Acquire)) {
            return Poll::Ready(Emitted::Taken);
        }
        let Some(waker)",
            to: "\
        if is_before(number, self.taken.load(Ordering::Relaxed)) {
            return Poll::Ready(Emitted::Taken);
        }
        let Some(waker)",
        },
        caught_by: &[catch("streams", "done_before_it_was_taken", "not seen")],
    },
    // An emitter leaves its waker, and does not look under the lock.
    Fault {
        name: "fault_taken_looked_for_before_the_lock",
        plant: Exchange {
            file: "emit.rs",
            from: "\
        let mut state = self.lock();
        if is_before(number, self.taken.load(Ordering::Acquire)) {
            return Poll::Ready(Emitted::Taken);
        }
",
            to: "        let mut state = self.lock();\n",
        },
        caught_by: &[catch("streams", "under_another_waker", "deadlock")],
    },
    // An emitter that has filled the slot, and is polled elsewhere, does not wake itself.
    Fault {
        name: "fault_slot_wakes_no_emitter",
        plant: Exchange {
            file: "emit.rs",
            from: "            cx.waker().wake_by_ref();\n",
            to: "",
        },
        caught_by: &[catch(
            "streams",
            "from_the_body_to_another_task",
            "deadlock",
        )],
    },
    // The slot is filled though there are items in the queue.
    Fault {
        name: "fault_slot_before_the_queue",
        plant: Exchange {
            file: "emit.rs",
            from: "if self.mouth.queued.load(Ordering::Relaxed) > 0 {",
            to: "if false {",
        },
        caught_by: &[catch("streams", "slot_after_the_queue", "not in order")],
    },
    // An emitter that waits does not look whether the stream is gone.
    Fault {
        name: "fault_closed_not_looked_for_by_an_emitter",
        plant: Exchange {
            file: "emit.rs",
            from: "if state.is_over {",
            to: "if false {",
        },
        caught_by: &[catch("streams", "stream_is_dropped", "deadlock")],
    },
    // An emitter whose item can still be taken is told that it is not.
    Fault {
        name: "fault_closed_whatever_is_left",
        plant: Exchange {
            file: "emit.rs",
            from: "if state.is_over {",
            to: "if state.is_closed {",
        },
        caught_by: &[catch(
            "streams",
            "body_ends_before_the_item_is_taken",
            "said not to be",
        )],
    },
    // An emitter that is polled under another waker leaves the first one.
    Fault {
        name: "fault_first_waker_is_kept",
        plant: Exchange {
            file: "emit.rs",
            from: "Some((_, previous)) => Some(mem::replace(previous, waker)),",
            to: "Some(_) => Some(waker),",
        },
        caught_by: &[catch("streams", "under_another_waker", "deadlock")],
    },
    // A part of the body with a waker of its own does not leave it.
    Fault {
        name: "fault_part_leaves_no_waker",
        plant: Exchange {
            file: "emit.rs",
            from: "POLLING.get() == Polling::of(self, cx.waker())",
            to: "POLLING.get().mouth == Polling::of(self, cx.waker()).mouth",
        },
        caught_by: &[catch("streams", "part_with_its_own_waker", "deadlock")],
    },
    // The drop of the stream wakes no emitter.
    Fault {
        name: "fault_close_wakes_no_emitter",
        plant: Exchange {
            file: "emit.rs",
            from: "\
        for (_, waker) in waiting {
            waker.wake();
        }
",
            to: "        drop(waiting);\n",
        },
        caught_by: &[
            catch("streams", "stream_is_dropped", "deadlock"),
            catch("streams", "stream_is_dropped_amid_a_batch", "deadlock"),
        ],
    },
    // The end of the body does not end what other tasks emit.
    Fault {
        name: "fault_end_is_not_noted",
        plant: Exchange {
            file: "emit.rs",
            from: "        self.lock().is_closed = true;\n",
            to: "",
        },
        caught_by: &[catch("streams", "body_and_another_task", "deadlock")],
    },
    // The stream leaves its waker under another lock than the one under which it has looked.
    Fault {
        name: "fault_emissions_looked_for_before_the_lock",
        plant: Exchange {
            file: "emit.rs",
            from: "        let previous = state.taker.replace(waker);\n",
            to: "\
        drop(state);
        let mut state = self.lock();
        let previous = state.taker.replace(waker);
",
        },
        caught_by: &[catch(
            "streams",
            "stream_waits_for_another_task",
            "deadlock",
        )],
    },
    // The stream takes its waker back as it begins to wait.
    Fault {
        name: "fault_waker_taken_back_too_late",
        plant: Exchange {
            file: "generate.rs",
            from: "\
                self.is_left = true;
                return Poll::Pending;
",
            to: "\
                self.mouth.forget_taker();
                return Poll::Pending;
",
        },
        caught_by: &[catch(
            "streams",
            "stream_waits_for_another_task",
            "deadlock",
        )],
    },
    // The stream ends with its body, whatever was emitted.
    Fault {
        name: "fault_body_ends_before_its_items",
        plant: Exchange {
            file: "generate.rs",
            from: "\
            if let Some(item) = self.take() {
                return Poll::Ready(Some(item));
            }
            if self.body.is_none() {
",
            to: "\
            if self.body.is_some() {
                if let Some(item) = self.take() {
                    return Poll::Ready(Some(item));
                }
            }
            if self.body.is_none() {
",
        },
        caught_by: &[catch(
            "streams",
            "body_ends_before_the_item_is_taken",
            "deadlock",
        )],
    },
    // The body waits for as long as other tasks emit.
    Fault {
        name: "fault_body_waits_for_all_items",
        plant: Exchange {
            file: "generate.rs",
            from: "                self.behind = behind;\n",
            to: "                let _ = behind;\n",
        },
        caught_by: &[catch(
            "streams",
            "body_goes_on_though_others_emit",
            "seldom polled",
        )],
    },
    // A take does not wake the caller that waits for room.
    Fault {
        name: "fault_take_wakes_no_caller",
        plant: Exchange {
            file: "pipe.rs",
            from: "\
        if to.is_empty() || is_last {
            state.is_open = false;
        }
        let caller = state.caller.take();
",
            to: "\
        if to.is_empty() || is_last {
            state.is_open = false;
        }
        let caller = None::<Waker>;
",
        },
        caught_by: &[catch("bytes", "each_byte_once", "deadlock")],
    },
    // A take wakes the caller before it makes room.
    Fault {
        name: "fault_caller_woken_before_the_take",
        plant: Exchange {
            file: "pipe.rs",
            from: "\
        let mut state = self.0.lock();
        mem::swap(&mut state.bytes, to);
",
            to: "\
        let caller = self.0.lock().caller.take();
        wake(caller);
        let mut state = self.0.lock();
        mem::swap(&mut state.bytes, to);
        state.caller = None;
",
        },
        caught_by: &[catch("bytes", "each_byte_once", "deadlock")],
    },
    // A pipe that is closed because the writer has failed does not wake the caller.
    Fault {
        name: "fault_close_wakes_no_caller",
        plant: Exchange {
            file: "pipe.rs",
            from: "\
        state.bytes.clear();
        let caller = state.caller.take();
",
            to: "\
        state.bytes.clear();
        let caller = None::<Waker>;
",
        },
        caught_by: &[
            catch("bytes", "writer_fails", "deadlock"),
            catch("bytes", "job_is_dropped", "deadlock"),
        ],
    },
    // A writer that fails leaves the pipe open.
    Fault {
        name: "fault_failure_closes_nothing",
        plant: Exchange {
            file: "pipe.rs",
            from: "\
        state.is_open = false;
        state.bytes.clear();
",
            to: "\
        state.bytes.clear();
",
        },
        caught_by: &[
            catch("bytes", "writer_fails", "nobody takes it"),
            catch("bytes", "job_is_dropped", "nobody takes it"),
        ],
    },
    // A writer that fails leaves its bytes to the next job.
    Fault {
        name: "fault_failure_keeps_bytes",
        plant: Exchange {
            file: "pipe.rs",
            from: "\
        state.is_open = false;
        state.bytes.clear();
",
            to: "\
        state.is_open = false;
",
        },
        caught_by: &[catch("bytes", "writer_fails", "what was lost is written")],
    },
    // The drop of the outlet leaves the pipe open.
    Fault {
        name: "fault_drop_closes_nothing",
        plant: Exchange {
            file: "pipe.rs",
            from: "\
    fn drop(&mut self) {
        self.close();
    }
",
            to: "\
    fn drop(&mut self) {}
",
        },
        caught_by: &[catch("bytes", "job_is_dropped", "deadlock")],
    },
    // The caller leaves its waker under another lock than the one under which it has looked.
    Fault {
        name: "fault_room_looked_for_before_the_lock_of_the_waker",
        plant: Exchange {
            file: "pipe.rs",
            from: "\
            let previous = state.caller.replace(cx.waker().clone());
",
            to: "\
            drop(state);
            let mut state = self.pipe.lock();
            let previous = state.caller.replace(cx.waker().clone());
",
        },
        caught_by: &[
            catch("bytes", "each_byte_once", "deadlock"),
            catch("bytes", "writer_fails", "deadlock"),
        ],
    },
    // The job looks for bytes under one lock, and closes the pipe under another one.
    Fault {
        name: "fault_job_ends_in_two_steps",
        plant: Exchange {
            file: "pipe.rs",
            from: "\
        if to.is_empty() || is_last {
            state.is_open = false;
        }
        let caller",
            to: "\
        if to.is_empty() || is_last {
            drop(state);
            state = self.0.lock();
            state.is_open = false;
        }
        let caller",
        },
        caught_by: &[catch("bytes", "each_byte_once", "lost or not in order")],
    },
    // The job ends and leaves the pipe open.
    Fault {
        name: "fault_end_closes_nothing",
        plant: Exchange {
            file: "pipe.rs",
            from: "\
        if to.is_empty() || is_last {
",
            to: "\
        if is_last {
",
        },
        caught_by: &[
            catch("bytes", "each_byte_once", "deadlock"),
            catch("bytes", "full_pipe", "nobody takes it"),
        ],
    },
    // The last take of a turn leaves the pipe open.
    Fault {
        name: "fault_turn_closes_nothing",
        plant: Exchange {
            file: "pipe.rs",
            from: "\
        if to.is_empty() || is_last {
",
            to: "\
        if to.is_empty() {
",
        },
        caught_by: &[catch("bytes", "turn_ends", "the job goes on")],
    },
    // A push does not look whether the pipe is open.
    Fault {
        name: "fault_push_looks_for_no_closed_pipe",
        plant: Exchange {
            file: "pipe.rs",
            from: "\
        if !state.is_open {
            return Poll::Ready(Err(IsClosed));
        }
",
            to: "",
        },
        caught_by: &[
            catch("bytes", "full_pipe", "nobody takes it"),
            catch("bytes", "pipe_is_sealed", "it has overtaken"),
        ],
    },
    // A push adds more than there is room for.
    Fault {
        name: "fault_push_exceeds_the_room",
        plant: Exchange {
            file: "pipe.rs",
            from: "let count = room.min(bytes.len());",
            to: "let count = bytes.len();",
        },
        caught_by: &[catch("bytes", "full_pipe", "not the part that fits")],
    },
    // A pipe that is sealed loses what is in it.
    Fault {
        name: "fault_seal_loses_bytes",
        plant: Exchange {
            file: "pipe.rs",
            from: "\
    pub(crate) fn seal(&self) {
        self.pipe.lock().is_open = false;
",
            to: "\
    pub(crate) fn seal(&self) {
        let mut state = self.pipe.lock();
        state.is_open = false;
        state.bytes.clear();
",
        },
        caught_by: &[
            catch("bytes", "pipe_is_sealed", "lost"),
            catch("bytes", "each_byte_once", "lost or not in order"),
        ],
    },
    // A call that waits for the writer does not seal the pipe.
    Fault {
        name: "fault_seal_seals_nothing",
        plant: Exchange {
            file: "pipe.rs",
            from: "\
        self.pipe.lock().is_open = false;
",
            to: "",
        },
        caught_by: &[catch("bytes", "pipe_is_sealed", "it has overtaken")],
    },
    // A handle that is dropped leaves its waker in the pipe.
    Fault {
        name: "fault_handle_leaves_its_waker",
        plant: Exchange {
            file: "pipe.rs",
            from: "\
        self.pipe.forget_caller();
",
            to: "",
        },
        caught_by: &[catch("bytes", "handle_is_dropped", "the waker is kept")],
    },
    // A note of a flush is left to later jobs.
    Fault {
        name: "fault_flush_is_kept",
        plant: Exchange {
            file: "pipe.rs",
            from: "        state.flushes = false;\n",
            to: "",
        },
        caught_by: &[catch("bytes", "flush_joins_the_job", "flushed again")],
    },
];
