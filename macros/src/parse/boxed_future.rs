//! Boxed futures in return types, as `#[async_trait]` makes them of an `async fn`.

use syn::{
    AngleBracketedGenericArguments, GenericArgument, Lifetime, PathArguments, PathSegment,
    ReturnType, Signature, Type, TypeParamBound,
};

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
            TypeParamBound::Trait(bound) => future_output(bound.path.segments.last()?),
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

/// Returns the first argument of a type `Name<T, …>`, if it is a type.
fn first_type_argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let ty = match ty {
        Type::Group(group) => return first_type_argument(&group.elem, name),
        Type::Path(ty) => ty,
        _ => return None,
    };
    let last = ty.path.segments.last()?;
    let arguments = angle_bracketed(last)?;
    match arguments.args.first()? {
        GenericArgument::Type(ty) if last.ident == name => Some(ty),
        _ => None,
    }
}

/// Returns the `T` of a `Future<Output = T>`.
fn future_output(segment: &PathSegment) -> Option<Type> {
    let arguments = angle_bracketed(segment)?;
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(assoc) if segment.ident == "Future" => {
            (assoc.ident == "Output").then(|| assoc.ty.clone())
        }
        _ => None,
    })
}

fn angle_bracketed(segment: &PathSegment) -> Option<&AngleBracketedGenericArguments> {
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(arguments),
        _ => None,
    }
}
