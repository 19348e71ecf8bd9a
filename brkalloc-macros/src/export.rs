//! C's allocation functions: symbols of the whole process, each of which calls its namesake in the
//! runtime.
//!
//! ```text
//! #[unsafe(no_mangle)]                         the user's place on one of them
//! extern "C" fn malloc(…) -> … { ::brkalloc::__private::export::malloc::<HEAP>(…) }
//! ```
//!
//! They stand in the expansion because only it knows the heap, and in a block, not in a module
//! of their own: that could see neither a static within a function nor a relative path of `crate`.
//! One attribute has the place of the option's value, so that `#![forbid(unsafe_code)]` fires
//! there, once; another `unsafe` would be the same message again.
//!
//! A second heap that exports, anywhere in the program, is the linker's to find: the marker's name
//! says what is wrong.

use crate::item::HeapStatic;
use crate::runtime::Runtime;
use crate::settings::Settings;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

/// A type in the signature of a function.
#[derive(Clone, Copy)]
enum Type {
    Size,
    Pointer,
    /// Where a pointer is written to.
    Place,
    Number,
}

use Type::{Number, Place, Pointer, Size};

/// One of C's functions.
struct Function {
    name: &'static str,
    /// Whether it trusts its caller with a pointer.
    is_unsafe: bool,
    takes: &'static [Type],
    answers: Option<Type>,
}

const fn asks(name: &'static str, takes: &'static [Type]) -> Function {
    Function { name, is_unsafe: false, takes, answers: Some(Pointer) }
}

const fn trusts(name: &'static str, takes: &'static [Type], answers: Option<Type>) -> Function {
    Function { name, is_unsafe: true, takes, answers }
}

const FUNCTIONS: [Function; 12] = [
    asks("malloc", &[Size]),
    asks("calloc", &[Size, Size]),
    trusts("realloc", &[Pointer, Size], Some(Pointer)),
    trusts("free", &[Pointer], None),
    trusts("free_sized", &[Pointer, Size], None),
    trusts("free_aligned_sized", &[Pointer, Size, Size], None),
    asks("aligned_alloc", &[Size, Size]),
    trusts("posix_memalign", &[Place, Size, Size], Some(Number)),
    asks("memalign", &[Size, Size]),
    asks("valloc", &[Size]),
    asks("pvalloc", &[Size]),
    trusts("malloc_usable_size", &[Pointer], Some(Size)),
];

/// The functions, if the heap is to define them.
pub(crate) fn functions(
    item: &HeapStatic,
    settings: &Settings,
    runtime: &Runtime<'_>,
) -> Option<TokenStream> {
    if settings.export.item != "Malloc" {
        return None;
    }
    let mut functions = FUNCTIONS.iter();
    let first = functions.next().map(|function| {
        // At the user's own place: what comes from a macro, no lint reports.
        let definition = function.definition(item, runtime);
        quote_spanned!(settings.export.span=> #[unsafe(no_mangle)] #definition)
    });
    let others = functions.map(|function| function.definition(item, runtime));
    // In a block of their own, because the heap may be called as one of them. Where there is no Unix,
    // one error has said so.
    Some(quote! {
        #[cfg(unix)]
        const _: () = {
            #[unsafe(no_mangle)]
            static __brkalloc_only_one_heap_may_export_malloc: ::core::primitive::u8 = 0;
            #first
            #(#[unsafe(no_mangle)] #others)*
        };
    })
}

impl Type {
    fn tokens(self) -> TokenStream {
        match self {
            Size => quote!(::core::primitive::usize),
            Pointer => quote!(*mut ::core::ffi::c_void),
            Place => quote!(*mut *mut ::core::ffi::c_void),
            Number => quote!(::core::ffi::c_int),
        }
    }
}

impl Function {
    /// The function, which passes everything it gets to its namesake.
    fn definition(&self, item: &HeapStatic, runtime: &Runtime<'_>) -> TokenStream {
        let Self { is_unsafe, name, takes, answers } = *self;
        let (module, heap) = (runtime.item("export", runtime.span), &item.name);
        let name = Ident::new(name, Span::call_site());
        // No static of the user's can have such a name, which a parameter could not shadow.
        let arguments: Vec<Ident> =
            (0..takes.len()).map(|number| format_ident!("__brkalloc_{number}")).collect();
        let types = takes.iter().map(|taken| taken.tokens());
        let answer = answers.map(Type::tokens).map(|answer| quote!(-> #answer));
        let call = quote!(#module::#name::<#heap>(#(#arguments),*));
        let (keyword, body) =
            if is_unsafe { (Some(quote!(unsafe)), quote!(unsafe { #call })) } else { (None, call) };
        quote! {
            #keyword extern "C" fn #name(#(#arguments: #types),*) #answer { #body }
        }
    }
}
