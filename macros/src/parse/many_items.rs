//! The types by which a function with `stream` shows how it makes its items.

use syn::{GenericArgument, Path, PathArguments, Type, TypeParamBound};

use crate::parse::type_arguments::{associated_type, first_type_argument};

/// An iterator or a stream in a return type, or a `Result` of one.
pub(crate) struct ManyItems {
    /// The type of an item.
    pub(crate) item: Type,
    /// Whether it is a stream, and not an iterator.
    pub(crate) is_stream: bool,
    /// Whether it is in a `Result`.
    pub(crate) is_in_result: bool,
    /// The traits of an `impl Trait`, without their arguments.
    pub(crate) traits: Vec<Path>,
}

impl ManyItems {
    /// Recognises them in a return type.
    pub(crate) fn from_type(ty: &Type) -> Option<Self> {
        let value = first_type_argument(ty, "Result");
        let items = ManyItems::from_value(value.unwrap_or(ty))?;
        Some(ManyItems {
            is_in_result: value.is_some(),
            ..items
        })
    }

    /// Recognises an `impl Trait<Item = T>`, a boxed `dyn Trait<Item = T>`, or a `BoxStream<'a, T>`.
    fn from_value(ty: &Type) -> Option<Self> {
        let (bounds, is_opaque) = match ty {
            Type::Group(group) => return ManyItems::from_value(&group.elem),
            Type::ImplTrait(ty) => (&ty.bounds, true),
            Type::TraitObject(ty) => (&ty.bounds, false),
            _ => {
                let inner = |name: &&str| first_type_argument(ty, name);
                if let Some(item) = ["BoxStream", "LocalBoxStream"].iter().find_map(inner) {
                    return Some(ManyItems::new(item.clone(), true));
                }
                return ManyItems::from_value(["Pin", "Box"].iter().find_map(inner)?);
            }
        };
        let traits = bounds.iter().filter_map(|bound| match bound {
            TypeParamBound::Trait(bound) => Some(&bound.path),
            _ => None,
        });
        let items = traits.clone().find_map(|path| {
            let last = path.segments.last()?;
            let is_stream = last.ident.to_string().ends_with("Stream");
            Some(ManyItems::new(associated_type(last, "Item")?, is_stream))
        });
        Some(ManyItems {
            traits: traits
                .filter(|_| is_opaque)
                .map(without_arguments)
                .collect(),
            ..items?
        })
    }

    fn new(item: Type, is_stream: bool) -> Self {
        ManyItems {
            item,
            is_stream,
            is_in_result: false,
            traits: Vec::new(),
        }
    }
}

/// Returns a path as it stands in an import.
fn without_arguments(path: &Path) -> Path {
    let mut path = path.clone();
    for segment in &mut path.segments {
        segment.arguments = PathArguments::None;
    }
    path
}

/// Returns the `T` of an `Emit<T>`.
pub(crate) fn emitted_item(ty: &Type) -> Option<&Type> {
    first_type_argument(ty, "Emit")
}

/// Whether a type is an `Emit<T>` or a reference to one.
pub(crate) fn is_emit(ty: &Type) -> bool {
    match ty {
        Type::Reference(reference) => is_emit(&reference.elem),
        Type::Group(group) => is_emit(&group.elem),
        ty => emitted_item(ty).is_some(),
    }
}

/// Returns the `Result<T, E>` of a `Result<(), E>`.
pub(crate) fn result_of(item: &Type, returned: &Type) -> Option<Type> {
    let mut returned = match returned {
        Type::Group(group) => return result_of(item, &group.elem),
        Type::Path(returned) => returned.clone(),
        _ => return None,
    };
    let last = returned.path.segments.last_mut()?;
    let PathArguments::AngleBracketed(arguments) = &mut last.arguments else {
        return None;
    };
    match arguments.args.first_mut()? {
        GenericArgument::Type(value) if last.ident == "Result" && is_unit(value) => {
            value.clone_from(item);
        }
        _ => return None,
    }
    Some(Type::Path(returned))
}

/// Whether a type has a name that ends with `Result`, as `io::Result<T>` has.
pub(crate) fn is_result(ty: &Type) -> bool {
    match ty {
        Type::Path(ty) => ty
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident.to_string().ends_with("Result")),
        Type::Group(group) => is_result(&group.elem),
        _ => false,
    }
}

/// Whether a type is `()`.
pub(crate) fn is_unit(ty: &Type) -> bool {
    match ty {
        Type::Tuple(tuple) => tuple.elems.is_empty(),
        Type::Group(group) => is_unit(&group.elem),
        _ => false,
    }
}
