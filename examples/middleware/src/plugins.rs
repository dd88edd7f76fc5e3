use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

use smartcall::{Dual, SmartCall, SmartCallMut, SmartFn, smart};

/// Operations by name, sync and async ones side by side.
pub struct Plugins<T, Args = ()> {
    by_name: BTreeMap<String, SmartFn<T, Args>>,
}

impl<T: 'static, Args: 'static> Plugins<T, Args> {
    /// Makes a registry with nothing in it.
    pub fn new() -> Self {
        let by_name = BTreeMap::new();
        Plugins { by_name }
    }

    /// Registers an operation, and returns the one that had the name before.
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
    /// Those of a name that was not registered.
    pub fn find(&self, name: &str) -> Result<&SmartFn<T, Args>, Unknown> {
        let found = self.by_name.get(name);
        found.ok_or_else(|| Unknown(name.to_owned()))
    }

    /// Calls an operation.
    ///
    /// # Errors
    ///
    /// Those of a name that was not registered, at once.
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
    /// Those of a name that was not registered; the operations before it were called.
    pub async fn pass(&self, names: &[&str], value: T) -> Result<T, Unknown> {
        self.pass_with(names, value, |_: &str, _: &T| {}).await
    }

    /// Passes a value through several operations, and shows it to a callback after each.
    ///
    /// The callback is lent the operation's name and the value. A sync one may mutate what it captured.
    ///
    /// # Errors
    ///
    /// As those of [`pass`](Plugins::pass).
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

/// The error of a name that was not registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown(String);

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no plugin has the name `{}`", self.0)
    }
}

impl Error for Unknown {}
