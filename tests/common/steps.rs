//! Blocking code whose begin and end a test knows.

use std::sync::mpsc;

/// A body that tells when it begins, and ends when it is told to.
pub struct Steps {
    begins: mpsc::Sender<()>,
    told: mpsc::Receiver<()>,
}

impl Steps {
    /// The body, what receives when it begins, and what ends it.
    pub fn new() -> (Self, mpsc::Receiver<()>, mpsc::Sender<()>) {
        let (begins, begun) = mpsc::channel();
        let (tell, told) = mpsc::channel();
        (Steps { begins, told }, begun, tell)
    }

    pub fn run(self) {
        self.begins.send(()).expect("the test waits");
        self.told.recv().expect("it is told");
    }
}
