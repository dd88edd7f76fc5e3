//! Put it on a function.

#[smartcall::test]
mod tests {
    fn five() {}
}

fn main() {}
