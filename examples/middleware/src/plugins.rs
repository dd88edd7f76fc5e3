use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

use smartcall::{Dual, SmartCall, SmartCallMut, SmartFn, smart};

/// Operations by name, sync and async ones together.
pub struct Plugins<T, Args = ()> {
    by_name: BTreeMap<String, SmartFn<T, Args>>,
}

impl<T: 'static, Args: 'static> Plugins<T, Args> {
    /// Makes an empty registry.
    pub fn new() -> Self {
        let by_name = BTreeMap::new();
        Plugins { by_name }
    }

    /// Registers an operation, and returns the operation that had the name before.
    pub fn register<K: 'static>(
        &mut self,
        name: &str,
        op: impl SmartCall<T, K, Args, Work: Send> + Send + Sync + 'static,
    ) -> Option<SmartFn<T, Args>> {
        self.by_name.insert(name.to_owned(), SmartFn::new(op))
    }

    /// Returns the names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// Finds an operation.
    ///
    /// # Errors
    ///
    /// Fails if the name is not registered.
    pub fn find(&self, name: &str) -> Result<&SmartFn<T, Args>, Unknown> {
        let found = self.by_name.get(name);
        found.ok_or_else(|| Unknown(name.to_owned()))
    }

    /// Calls an operation.
    ///
    /// # Errors
    ///
    /// Fails at once if the name is not registered.
    pub fn call(&self, name: &str, args: Args) -> Result<Dual<T>, Unknown> {
        Ok(self.find(name)?.invoke_with(args))
    }
}

#[smart]
impl<T: 'static> Plugins<T, (T,)> {
    /// Passes a value through several operations, one after another.
    ///
    /// # Errors
    ///
    /// Fails if a name is not registered. The operations before it were called by then.
    pub async fn pass(&self, names: &[&str], value: T) -> Result<T, Unknown> {
        self.pass_with(names, value, |_: &str, _: &T| {}).await
    }

    /// Passes a value through several operations, and shows it to a callback after each.
    ///
    /// The callback borrows the operation's name and the value. A sync callback may mutate its captures.
    ///
    /// # Errors
    ///
    /// Fails as [`pass`](Plugins::pass) does.
    pub async fn pass_with<K>(
        &self,
        names: &[&str],
        value: T,
        mut passed: impl for<'a> SmartCallMut<(), K, (&'a str, &'a T)>,
    ) -> Result<T, Unknown> {
        let mut value = value;
        for name in names {
            value = self.call(name, (value,))?.await;
            passed.invoke_mut_with((name, &value)).await;
        }
        Ok(value)
    }
}

impl<T: 'static, Args: 'static> Default for Plugins<T, Args> {
    fn default() -> Self {
        Plugins::new()
    }
}

impl<T, Args> fmt::Debug for Plugins<T, Args> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.by_name.keys()).finish()
    }
}

/// The error for a name that is not registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown(String);

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no plugin has the name `{}`", self.0)
    }
}

impl Error for Unknown {}
