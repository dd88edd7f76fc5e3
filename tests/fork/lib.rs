//! What works in a process that was forked after smartcall was used. The test is in `fork.rs`.
