//! Functions that return a boxed future, as other attributes make them of `async fn`s.

use syn::{
    AngleBracketedGenericArguments, GenericArgument, Lifetime, PathArguments, PathSegment,
    ReturnType, Signature, Type, TypeParamBound,
};

/// A `Pin<Box<dyn Future<Output = T> + …>>`.
pub(crate) struct BoxedFuture {
    /// All of it.
    pub(crate) ty: Type,
    /// The `T`.
    pub(crate) output: Type,
    /// The lifetime that it may not outlive. `None` is `'static`.
    pub(crate) lifetime: Option<Lifetime>,
}

impl BoxedFuture {
    /// Looks at what a sync function returns.
    pub(crate) fn of(sig: &Signature) -> Option<Self> {
        match (&sig.output, sig.asyncness) {
            (ReturnType::Type(_, ty), None) => BoxedFuture::new(ty),
            _ => None,
        }
    }

    fn new(ty: &Type) -> Option<Self> {
        let Type::TraitObject(object) = argument(argument(ty, "Pin")?, "Box")? else {
            return None;
        };
        let output = object.bounds.iter().find_map(|bound| match bound {
            TypeParamBound::Trait(bound) => output(bound.path.segments.last()?),
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

/// The only argument of a type of that name.
fn argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let ty = match ty {
        Type::Group(group) => return argument(&group.elem, name),
        Type::Path(ty) => ty,
        _ => return None,
    };
    let last = ty.path.segments.last()?;
    let arguments = arguments(last)?;
    match arguments.args.first()? {
        GenericArgument::Type(ty) if last.ident == name => Some(ty),
        _ => None,
    }
}

/// The `T` of a `Future<Output = T>`.
fn output(segment: &PathSegment) -> Option<Type> {
    let arguments = arguments(segment)?;
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(assoc) if segment.ident == "Future" => {
            (assoc.ident == "Output").then(|| assoc.ty.clone())
        }
        _ => None,
    })
}

fn arguments(segment: &PathSegment) -> Option<&AngleBracketedGenericArguments> {
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(arguments),
        _ => None,
    }
}
