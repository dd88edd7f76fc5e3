//! Boxed futures in return types, as `#[async_trait]` makes them of an `async fn`.

use syn::{Lifetime, ReturnType, Signature, Type, TypeParamBound};

use crate::parse::type_arguments::{associated_type, first_type_argument};

/// A type `Pin<Box<dyn Future<Output = T> + …>>`.
pub(crate) struct BoxedFuture {
    /// The whole type.
    pub(crate) ty: Type,
    /// The `T`.
    pub(crate) output: Type,
    /// The lifetime bound of the trait object. `None` is `'static`.
    pub(crate) lifetime: Option<Lifetime>,
}

impl BoxedFuture {
    /// Recognises the return type of a sync function.
    pub(crate) fn from_signature(sig: &Signature) -> Option<Self> {
        match (&sig.output, sig.asyncness) {
            (ReturnType::Type(_, ty), None) => BoxedFuture::from_type(ty),
            _ => None,
        }
    }

    fn from_type(ty: &Type) -> Option<Self> {
        let boxed = first_type_argument(ty, "Pin")?;
        let Type::TraitObject(object) = first_type_argument(boxed, "Box")? else {
            return None;
        };
        let output = object.bounds.iter().find_map(|bound| match bound {
            TypeParamBound::Trait(bound) => {
                let last = bound.path.segments.last()?;
                associated_type(last, "Output").filter(|_| last.ident == "Future")
            }
            _ => None,
        })?;
        let lifetime = object.bounds.iter().find_map(|bound| match bound {
            TypeParamBound::Lifetime(lifetime) if lifetime.ident != "static" => {
                Some(lifetime.clone())
            }
            _ => None,
        });
        Some(BoxedFuture {
            ty: ty.clone(),
            output,
            lifetime,
        })
    }
}
