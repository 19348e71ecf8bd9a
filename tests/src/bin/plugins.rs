//! Loads a library that has a heap of its own, lets threads use it, and unloads it: `plugins LIBRARY`.
//!
//! ```text
//!   main       open ─ work ─ close ─ fork ─┐ the child allocates and loads it once more
//!   a thread    └─ work … outlives that close, and ends: its cache is given back
//! ```
//!
//! With `main` as a second argument the first thread works, too: then its end is still to come, and the library stays.

use brkalloc::{BrkHeap, brk_heap};
use core::ffi::{CStr, c_int, c_void};
use std::ffi::CString;
use std::sync::mpsc;
use std::thread;

#[global_allocator]
#[brk_heap(cache = "64KiB")]
static HEAP: BrkHeap;

type Work = unsafe extern "C" fn(usize) -> usize;
type Trim = unsafe extern "C" fn();

/// A library that is loaded.
struct Library(*mut c_void);

impl Library {
    fn open(path: &CStr, flags: c_int) -> Self {
        // SAFETY: the path is a C string; the library's constructors are those of std.
        let library = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | flags) };
        assert!(!library.is_null(), "{path:?} loads");
        Self(library)
    }

    fn symbol(&self, name: &CStr) -> *mut c_void {
        // SAFETY: the library is loaded, and the name a C string.
        let symbol = unsafe { libc::dlsym(self.0, name.as_ptr()) };
        assert!(!symbol.is_null(), "the library has {name:?}");
        symbol
    }

    fn work(&self) -> Work {
        // SAFETY: the symbol is a function of this type.
        unsafe { core::mem::transmute::<*mut c_void, Work>(self.symbol(c"plugin_work")) }
    }

    fn trim(&self) -> Trim {
        // SAFETY: likewise.
        unsafe { core::mem::transmute::<*mut c_void, Trim>(self.symbol(c"plugin_trim")) }
    }

    fn close(self) {
        // SAFETY: it was opened once for this value.
        assert_eq!(0, unsafe { libc::dlclose(self.0) });
    }
}

/// Whether the library is loaded.
fn is_loaded(path: &CStr) -> bool {
    // SAFETY: the path is a C string, and nothing is loaded.
    let library = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOLOAD | libc::RTLD_NOW) };
    if !library.is_null() {
        // SAFETY: it was opened once more just now.
        unsafe { libc::dlclose(library) };
    }
    !library.is_null()
}

/// Works, and tells whether the library's heap is sound.
fn work_on(library: &Library) {
    // SAFETY: the library is loaded.
    let in_use = unsafe { library.work()(3000) };
    assert_ne!(in_use, 0, "the library's heap is sound");
}

/// A thread that works, and ends when it is told; it has worked when this returns.
fn worker(library: &Library) -> (thread::JoinHandle<()>, mpsc::Sender<()>) {
    let ((end, ended), (done, worked)) = (mpsc::channel::<()>(), mpsc::channel());
    let work = library.work();
    let thread = thread::spawn(move || {
        // SAFETY: the library is not closed before it has worked.
        assert_ne!(unsafe { work(2000) }, 0, "the library's heap is sound");
        done.send(()).expect("somebody waits");
        // An error is an end as well.
        let _ = ended.recv();
    });
    worked.recv().expect("the thread works");
    (thread, end)
}

/// A child that loads the library, works on it, and ends well.
fn fork_and_work(path: &CStr) {
    // SAFETY: the process has one thread now, and the child leaves by `_exit`.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let library = Library::open(path, 0);
        work_on(&library);
        library.close();
        // SAFETY: nothing is left to do.
        unsafe { libc::_exit(0) };
    }
    let mut status = -1;
    // SAFETY: the child is this process's own, and the status has room.
    assert_eq!(child, unsafe { libc::waitpid(child, &raw mut status, 0) });
    assert_eq!(status, 0, "the child ends well");
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = CString::new(arguments.next().expect("a library")).expect("a path");
    let works_in_main = arguments.next().is_some();
    let mut unloaded = 0;
    for _ in 0..20 {
        let library = Library::open(&path, 0);
        if works_in_main {
            work_on(&library);
        }
        let (thread, end) = worker(&library);
        // SAFETY: the library is loaded.
        unsafe { library.trim()() };
        library.close();
        end.send(()).expect("the thread waits");
        thread.join().expect("the thread ends well");
        // What a thread's end keeps loaded goes with the next close, which this question is.
        is_loaded(&path);
        unloaded += usize::from(!is_loaded(&path));
        fork_and_work(&path);
        assert_eq!(HEAP.check(), Ok(()));
    }
    println!("unloaded {unloaded} times of 20");
}
