//! The models, and the faults planted in each.

use crate::{Catch, Exchange, Fault, Model};

/// The models.
pub(crate) const MODELS: &[Model] = &[DRIVER, PLACES, CREW];

const PLACES: Model = Model {
    name: "places",
    sources: &[
        "../src/crew.rs",
        "../src/monitor.rs",
        "../src/slot.rs",
        "tests/places/runner.rs",
        "tests/places/scenarios.rs",
        "tests/places/tasks.rs",
    ],
    shared: &["sync"],
    exchanges: &[],
};

const CREW: Model = Model {
    name: "crew",
    sources: &[
        "../src/cancel.rs",
        "../src/crew.rs",
        "../src/drive.rs",
        "../src/host.rs",
        "../src/monitor.rs",
        "../src/roll.rs",
        "../src/runner.rs",
        "../src/signal.rs",
        "../src/slot.rs",
        "../src/stay.rs",
        "../src/tasks.rs",
        "tests/crew/pool.rs",
        "tests/crew/scenarios.rs",
    ],
    shared: &["context", "error", "sync"],
    exchanges: &[],
};

const DRIVER: Model = Model {
    name: "driver",
    sources: &[
        "../src/drive.rs",
        "../src/signal.rs",
        "tests/driver/cancel.rs",
        "tests/driver/context.rs",
        "tests/driver/pool.rs",
        "tests/driver/scenarios.rs",
        "tests/driver/task.rs",
    ],
    shared: &["sync"],
    exchanges: &[
        Exchange {
            file: "drive.rs",
            from: "use std::future::Future;\n",
            to: "use crate::task::Future;\n",
        },
        Exchange {
            file: "drive.rs",
            from: "use std::sync::Arc;\n",
            to: "use crate::sync::Arc;\n",
        },
        Exchange {
            file: "drive.rs",
            from: "use std::task::{Context, Poll, Wake, Waker};\n",
            to: "use crate::task::{Context, Poll, Waker};\n",
        },
        Exchange {
            file: "drive.rs",
            from: "\
impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        Signal::wake_last(self);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        Signal::wake(self);
    }
}
",
            to: "// `task.rs` calls the two functions of `Signal`.\n",
        },
    ],
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
    // The driver parks without a look at the flag: the token may have been eaten.
    Fault {
        name: "fault_park_without_look",
        plant: Exchange {
            file: "signal.rs",
            from: "while !self.take() {\n            park();\n        }",
            to: "loop { park(); if self.take() { break; } }",
        },
        caught_by: &[catch("driver", "parking_host", "deadlock")],
    },
    // The driver takes the flag down and parks all the same.
    Fault {
        name: "fault_no_second_poll",
        plant: Exchange {
            file: "drive.rs",
            from: "if asked == 0 && !woken {",
            to: "if asked == 0 {",
        },
        caught_by: &[
            catch("driver", "one_wake", "deadlock"),
            catch("driver", "nested_levels", "deadlock"),
        ],
    },
    // Two stores swapped.
    Fault {
        name: "fault_unpark_before_flag",
        plant: Exchange {
            file: "signal.rs",
            from: "(!self.woken.swap(true, Ordering::AcqRel)).then_some(&self.thread)",
            to: "self.thread.unpark();\n        self.woken.swap(true, Ordering::AcqRel);\n        None",
        },
        caught_by: &[catch("driver", "one_wake", "deadlock")],
    },
    // The flag is raised without a release.
    Fault {
        name: "fault_wake_relaxed",
        plant: Exchange {
            file: "signal.rs",
            from: "self.woken.swap(true, Ordering::AcqRel)",
            to: "self.woken.swap(true, Ordering::Relaxed)",
        },
        caught_by: &[catch(
            "driver",
            "one_wake",
            "polled without having been woken",
        )],
    },
    // The flag is taken without an acquire.
    Fault {
        name: "fault_take_relaxed",
        plant: Exchange {
            file: "signal.rs",
            from: "self.woken.swap(false, Ordering::Acquire)",
            to: "self.woken.swap(false, Ordering::Relaxed)",
        },
        caught_by: &[catch(
            "driver",
            "one_wake",
            "polled without having been woken",
        )],
    },
    // The exchange that takes the flag down is a load and a store.
    Fault {
        name: "fault_take_in_two_steps",
        plant: Exchange {
            file: "signal.rs",
            from: "self.woken.swap(false, Ordering::Acquire)",
            to: "{ let up = self.woken.load(Ordering::Acquire); self.woken.store(false, Ordering::Relaxed); up }",
        },
        caught_by: &[catch("driver", "two_wakes", "deadlock")],
    },
    // A driver that has parked keeps the token of the driver above.
    Fault {
        name: "fault_token_kept",
        plant: Exchange {
            file: "drive.rs",
            from: "signal.pass_token_on();",
            to: "let _ = signal;",
        },
        caught_by: &[catch("driver", "foreign_driver_above", "deadlock")],
    },
    // A level uses a waker again that somebody else has, too.
    Fault {
        name: "fault_waker_used_again",
        plant: Exchange {
            file: "drive.rs",
            from: "if !self.is_alone() || self.signal.is_woken() {",
            to: "if self.signal.is_woken() {",
        },
        caught_by: &[catch(
            "driver",
            "waker_kept_from_an_earlier_call",
            "polled without",
        )],
    },
    // The flag is looked at before the count: a wake-up fits in between.
    Fault {
        name: "fault_flag_before_count",
        plant: Exchange {
            file: "drive.rs",
            from: "\
            let alone = asked == 1 && self.is_alone();
            let woken = self.signal.take();
",
            to: "\
            let woken = self.signal.take();
            let alone = asked == 1 && self.is_alone();
",
        },
        caught_by: &[catch("driver", "here_if_alone", "something else was woken")],
    },
    // The count does not order what is looked at after it.
    Fault {
        name: "fault_count_relaxed",
        plant: Exchange {
            file: "drive.rs",
            from: "fence(Ordering::Acquire);",
            to: "let _ = fence;\nlet _ = Ordering::Acquire;",
        },
        caught_by: &[
            catch("driver", "here_if_alone", "something else was woken"),
            catch(
                "driver",
                "waker_kept_from_an_earlier_call",
                "polled without",
            ),
        ],
    },
    // The driver does not ask who else holds the waker.
    Fault {
        name: "fault_not_alone",
        plant: Exchange {
            file: "drive.rs",
            from: "let alone = asked == 1 && self.is_alone();",
            to: "let alone = asked == 1;",
        },
        caught_by: &[catch("driver", "here_if_alone", "something else was woken")],
    },
    // Nor how many have asked.
    Fault {
        name: "fault_any_number_asked",
        plant: Exchange {
            file: "drive.rs",
            from: "let alone = asked == 1 && self.is_alone();",
            to: "let alone = asked != 0 && self.is_alone();",
        },
        caught_by: &[catch("driver", "two_that_ask", "two asked")],
    },
    // A runner that leaves wakes nobody.
    Fault {
        name: "fault_no_kick",
        plant: Exchange {
            file: "runner.rs",
            from: "// The runner is gone.\n    crew.tasks().kick();",
            to: "",
        },
        caught_by: &[catch("crew", "tasks_in_the_queue_of_who_waits", "deadlock")],
    },
    // The monitor sleeps without another look at the workers.
    Fault {
        name: "fault_monitor_sleeps_blindly",
        plant: Exchange {
            file: "monitor.rs",
            from: "self.asleep.load(Ordering::SeqCst) && crew.is_idle() && !crew.is_stopped()",
            to: "self.asleep.load(Ordering::SeqCst) && !crew.is_stopped()",
        },
        caught_by: &[
            catch("places", "busy_worker", "deadlock"),
            catch("crew", "in_place", "deadlock"),
        ],
    },
    // Two stores swapped: the monitor is woken before the worker is busy.
    Fault {
        name: "fault_wakes_monitor_too_early",
        plant: Exchange {
            file: "crew.rs",
            from: "worker.idle.store(false, Ordering::SeqCst);\n        self.monitor.wake_if_asleep();",
            to: "self.monitor.wake_if_asleep();\n        worker.idle.store(false, Ordering::SeqCst);",
        },
        // `crew` goes by chance, and its monitor seldom sleeps.
        caught_by: &[catch("places", "busy_worker", "deadlock")],
    },
    // A `.get()` that is about to park registers, and does not look whether it is too late.
    Fault {
        name: "fault_stop_not_looked_for",
        plant: Exchange {
            file: "host.rs",
            from: "if self.crew.is_stopped() {",
            to: "if false {",
        },
        caught_by: &[catch("crew", "stop_at_any_time", "deadlock")],
    },
    // It looks, and registers afterwards.
    Fault {
        name: "fault_stop_looked_for_too_early",
        plant: Exchange {
            file: "host.rs",
            from: "self.worker.parked.register(cx.waker());\n        if self.crew.is_stopped() {",
            to: "let stopped = self.crew.is_stopped();\n        self.worker.parked.register(cx.waker());\n        if stopped {",
        },
        caught_by: &[catch("crew", "stop_at_any_time", "deadlock")],
    },
    // A stopped executor does not wake who is parked.
    Fault {
        name: "fault_stop_wakes_nobody",
        plant: Exchange {
            file: "crew.rs",
            from: "worker.parked.wake();",
            to: "",
        },
        caught_by: &[catch("crew", "stop_while_parked", "deadlock")],
    },
    // The exchange that hands a place over is a load and a store.
    Fault {
        name: "fault_hand_over_in_two_steps",
        plant: Exchange {
            file: "slot.rs",
            from: "\
        self.0
            .compare_exchange(call.0, call.0 | HANDED, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
",
            to: "\
        let same = self.0.load(Ordering::Acquire) == call.0;
        if same {
            self.0.store(call.0 | HANDED, Ordering::Release);
        }
        same
",
        },
        caught_by: &[catch("crew", "short_calls", "it should come to that")],
    },
    // The exchange that ends a call is a load and a store.
    Fault {
        name: "fault_end_in_two_steps",
        plant: Exchange {
            file: "slot.rs",
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
        caught_by: &[catch("crew", "short_calls", "it should come to that")],
    },
    // A place is handed over outside of the lock under which the successor is named.
    Fault {
        name: "fault_hand_over_unlocked",
        plant: Exchange {
            file: "crew.rs",
            from: "let handed = worker.slot.hand_over(call);\n        if handed {",
            to: "drop(roster);\n        let handed = worker.slot.hand_over(call);\n        let mut roster = self.lock();\n        if handed {",
        },
        caught_by: &[catch("crew", "short_calls", "it should come to that")],
    },
    // The worker looks for a spare that the monitor has found for it already.
    Fault {
        name: "fault_two_spares_for_a_call",
        plant: Exchange {
            file: "crew.rs",
            from: "if worker.slot.call() != Some(call) {",
            to: "if false {",
        },
        caught_by: &[catch("crew", "slow_then_parked", "cannot block here")],
    },
    // A spare that is dismissed before it noticed that it was on duty does not go back to idle.
    Fault {
        name: "fault_dismissed_spare_is_lost",
        plant: Exchange {
            file: "crew.rs",
            from: "if worker.on_duty.load(Ordering::Relaxed) {",
            to: "if worker.on_duty.load(Ordering::Relaxed) && !worker.leave.load(Ordering::Relaxed) {",
        },
        caught_by: &[
            catch("crew", "short_calls", "it should come to that"),
            catch("crew", "guests", "it should come to that"),
        ],
    },
    // A spare that goes back to idle is not on the list.
    Fault {
        name: "fault_spare_not_on_the_list",
        plant: Exchange {
            file: "crew.rs",
            from: "roster.put_to_idle(Arc::clone(worker));",
            to: "worker.on_duty.store(false, Ordering::Relaxed);",
        },
        caught_by: &[catch("crew", "tasks_that_spawn", "it should come to that")],
    },
    // A spare that has idled for long enough stays on the list.
    Fault {
        name: "fault_ended_spare_on_the_list",
        plant: Exchange {
            file: "crew.rs",
            from: "roster.idle.retain(|other| !Arc::ptr_eq(other, worker));",
            to: "",
        },
        caught_by: &[catch("crew", "guests", "it should come to that")],
    },
    // Whoever takes his place back dismisses the next in the chain alone.
    Fault {
        name: "fault_chain_stays",
        plant: Exchange {
            file: "crew.rs",
            from: "spare = self.relief.remove(&worker.id);",
            to: "spare = None;",
        },
        caught_by: &[catch("crew", "chain_that_is_cut", "it should come to that")],
    },
    // Or nobody.
    Fault {
        name: "fault_nobody_dismissed",
        plant: Exchange {
            file: "crew.rs",
            from: "roster.dismiss(spare);\n        drop(roster);",
            to: "drop(spare);\n        drop(roster);",
        },
        caught_by: &[catch("crew", "chain", "it should come to that")],
    },
    // A spare is put on duty with the mark of its last dismissal.
    Fault {
        name: "fault_dismissed_at_once",
        plant: Exchange {
            file: "crew.rs",
            from: "worker.leave.store(false, Ordering::Relaxed);",
            to: "",
        },
        // A deadlock, or no end: the schedule decides which is seen first.
        caught_by: &[catch("crew", "tasks_in_the_queue_of_who_waits", "")],
    },
    // A worker that looks whether it is to leave registers afterwards.
    Fault {
        name: "fault_leaves_too_late",
        plant: Exchange {
            file: "crew.rs",
            from: "\
            self.runner.register(cx.waker());
            if self.leave.load(Ordering::Acquire) {
",
            to: "\
            let leave = self.leave.load(Ordering::Acquire);
            self.runner.register(cx.waker());
            if leave {
",
        },
        caught_by: &[catch("crew", "guests", "it should come to that")],
    },
    // The worker's side of going busy against going to sleep: a store and a load of another.
    Fault {
        name: "fault_busy_stored_with_release",
        plant: Exchange {
            file: "crew.rs",
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
    // The monitor's side. (The load that answers it, of `idle`, comes after one of `asleep`, and that
    // one is enough.)
    Fault {
        name: "fault_asleep_stored_with_release",
        plant: Exchange {
            file: "monitor.rs",
            from: "self.asleep.store(true, Ordering::SeqCst);",
            to: "self.asleep.store(true, Ordering::Release);",
        },
        caught_by: &[catch("places", "busy_worker", "deadlock")],
    },
    // The roll is closed, and the executor ended before the tasks.
    Fault {
        name: "fault_tasks_not_waited_for",
        plant: Exchange {
            file: "roll.rs",
            from: "if self.len() == 0 {",
            to: "if self.len() < 9 {",
        },
        caught_by: &[catch("crew", "stop_as_threads_wake_and_cancel", "")],
    },
    Fault {
        name: "fault_roll_wakes_nobody",
        plant: Exchange {
            file: "roll.rs",
            from: "wakers.into_iter().for_each(Waker::wake);",
            to: "drop(wakers);",
        },
        caught_by: &[catch("crew", "stop_as_threads_wake_and_cancel", "")],
    },
    Fault {
        name: "fault_roll_stays_open",
        plant: Exchange {
            file: "roll.rs",
            from: "self.closed.store(true, Ordering::Relaxed);",
            to: "",
        },
        caught_by: &[catch("crew", "stop_as_threads_wake_and_cancel", "")],
    },
    Fault {
        name: "fault_roll_is_not_opened",
        plant: Exchange {
            file: "roll.rs",
            from: "self.closed.store(false, Ordering::Relaxed);",
            to: "",
        },
        caught_by: &[catch("crew", "stop_as_threads_wake_and_cancel", "")],
    },
    // Whoever cancels a job that is parked.
    Fault {
        name: "fault_left_is_not_marked",
        plant: Exchange {
            file: "stay.rs",
            from: "*stage = Stage::Left;",
            to: "*stage = Stage::Queued;",
        },
        caught_by: &[catch("crew", "left_at_any_time", "")],
    },
    Fault {
        name: "fault_left_is_not_looked_for",
        plant: Exchange {
            file: "stay.rs",
            from: "if matches!(*stage, Stage::Left) {",
            to: "if false {",
        },
        caught_by: &[catch("crew", "left_at_any_time", "")],
    },
    Fault {
        name: "fault_end_tells_nobody",
        plant: Exchange {
            file: "stay.rs",
            from: "self.0.ended.notify_all();",
            to: "",
        },
        caught_by: &[catch("crew", "left_at_any_time", "deadlock")],
    },
    Fault {
        name: "fault_cancel_wakes_nobody",
        plant: Exchange {
            file: "cancel.rs",
            from: "waker.wake();",
            to: "drop(waker);",
        },
        caught_by: &[catch("crew", "cancelled_as_it_parks", "deadlock")],
    },
    Fault {
        name: "fault_cancelled_not_looked_for",
        plant: Exchange {
            file: "cancel.rs",
            from: "if job.cancelled {",
            to: "if false {",
        },
        caught_by: &[catch("crew", "cancelled_as_it_parks", "deadlock")],
    },
];
