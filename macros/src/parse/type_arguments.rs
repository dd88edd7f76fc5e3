//! The arguments of a type or a trait, as in `Name<T, Item = U>`.

use syn::{AngleBracketedGenericArguments, GenericArgument, PathArguments, PathSegment, Type};

/// Returns the first type among the arguments of a type `Name<…>`.
pub(crate) fn first_type_argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let ty = match ty {
        Type::Group(group) => return first_type_argument(&group.elem, name),
        Type::Path(ty) => ty,
        _ => return None,
    };
    let last = ty.path.segments.last()?;
    if last.ident != name {
        return None;
    }
    angle_bracketed(last)?
        .args
        .iter()
        .find_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
}

/// Returns the `T` of a trait `Trait<name = T>`.
pub(crate) fn associated_type(segment: &PathSegment, name: &str) -> Option<Type> {
    let arguments = angle_bracketed(segment)?;
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(assoc) => (assoc.ident == name).then(|| assoc.ty.clone()),
        _ => None,
    })
}

fn angle_bracketed(segment: &PathSegment) -> Option<&AngleBracketedGenericArguments> {
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(arguments),
        _ => None,
    }
}
