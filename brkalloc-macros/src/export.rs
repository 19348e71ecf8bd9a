//! Writes C's allocation functions: symbols of the whole process, each of which calls its namesake
//! in the runtime.
//!
//! ```text
//! #[unsafe(no_mangle)]                         at the user's place on the first one
//! extern "C" fn malloc(…) -> … { ::brkalloc::__private::export::malloc::<HEAP>(…) }
//! ```
//!
//! The expansion defines them, because only it knows the heap. They stand in a block, because a
//! module could see neither a static within a function nor a relative path of `crate`. One
//! attribute has the place of the option's value, so that `#![forbid(unsafe_code)]` fires there,
//! once; a second `unsafe` at that place would repeat the message.
//!
//! The linker rejects a second heap that exports, anywhere in the program: the name of the marker
//! in its message says what is wrong.

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
    /// A pointer to a pointer, through which a function returns its block.
    Place,
    Number,
}

use Type::{Number, Place, Pointer, Size};

/// One of C's allocation functions.
struct Function {
    name: &'static str,
    /// Whether it takes a pointer whose validity its caller must guarantee.
    is_unsafe: bool,
    takes: &'static [Type],
    answers: Option<Type>,
}

const fn asks(name: &'static str, takes: &'static [Type], answers: Type) -> Function {
    Function { name, is_unsafe: false, takes, answers: Some(answers) }
}

const fn trusts(name: &'static str, takes: &'static [Type], answers: Option<Type>) -> Function {
    Function { name, is_unsafe: true, takes, answers }
}

const FUNCTIONS: [Function; 13] = [
    asks("malloc", &[Size], Pointer),
    asks("calloc", &[Size, Size], Pointer),
    trusts("realloc", &[Pointer, Size], Some(Pointer)),
    trusts("free", &[Pointer], None),
    trusts("free_sized", &[Pointer, Size], None),
    trusts("free_aligned_sized", &[Pointer, Size, Size], None),
    asks("aligned_alloc", &[Size, Size], Pointer),
    trusts("posix_memalign", &[Place, Size, Size], Some(Number)),
    asks("memalign", &[Size, Size], Pointer),
    asks("valloc", &[Size], Pointer),
    asks("pvalloc", &[Size], Pointer),
    trusts("malloc_usable_size", &[Pointer], Some(Size)),
    asks("malloc_trim", &[Size], Number),
];

/// Writes the functions, if the heap exports them.
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
        // At the user's own place, because no lint reports code that comes from a macro.
        let definition = function.definition(item, runtime);
        quote_spanned!(settings.export.span=> #[unsafe(no_mangle)] #definition)
    });
    let others = functions.map(|function| function.definition(item, runtime));
    // In a block of their own, because the heap may be called `malloc`. On a target other than
    // Unix, the runtime has reported its one error.
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
    /// Writes the function, which passes its arguments to its namesake.
    fn definition(&self, item: &HeapStatic, runtime: &Runtime<'_>) -> TokenStream {
        let Self { is_unsafe, name, takes, answers } = *self;
        let (module, heap) = (runtime.item("export", runtime.span), &item.name);
        let name = Ident::new(name, Span::call_site());
        // A parameter cannot shadow a static, so its name must be one that no user gives a static.
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
