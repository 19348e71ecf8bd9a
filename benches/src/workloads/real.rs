//! *real*: programs of others, as they are: jaq, a command-line tool, and a server on axum.

use crate::clock::{cpu_time, process_cpu_time};
use crate::meter::{Budget, Meter, float};
use crate::random::Random;
use crate::table::Table;
use crate::workload::Outcome;
use crate::workloads::programs::write_document;
use axum::routing::post;
use axum::{Json, Router};
use core::hint::black_box;
use jaq_core::data::JustLut;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, unwrap_valr};
use jaq_json::{Val, read};
use serde_json::{Value, json};
use std::io::{Cursor, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

/// A document of `size` bytes, outside every heap.
fn document(seed: u64, size: usize) -> Table<u8> {
    let mut table = Table::new(size + 4096, |_| b' ');
    let mut document = Cursor::new(&mut table[..]);
    write_document(&mut Random::new(seed), size, |text| {
        document.write_all(text).expect("the table is larger than the document");
        usize::try_from(document.position()).unwrap_or(usize::MAX)
    });
    table
}

/// jaq: 40,000 records are read, filtered, grouped and written again; per record.
#[must_use]
pub fn jaq(meter: Meter) -> Outcome {
    const RECORDS: u64 = 40_000;
    const CODE: &str = r#"
        map(select(type == "object") | { id, words: (.text / " "), at })
        | map(select(.id % 3 != 0) | .words |= map(ascii_upcase))
        | group_by(.words[0]) | map({ (.[0].words[0]): map(.id) | length }) | add"#;
    let text = document(meter.seed, 8 << 20);
    let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    let (loader, arena) = (Loader::new(defs), Arena::default());
    let modules = loader.load(&arena, File { code: CODE, path: () }).expect("the filter parses");
    let filter = Compiler::default().with_funs(funs).compile(modules).expect("the filter compiles");
    let time = meter.time(|| {
        let input = read::parse_single(text.trim_ascii_end()).expect("the document is sound");
        let context = Ctx::<JustLut<Val>>::new(&filter.lut, Vars::new([]));
        let mut count = 0;
        for value in filter.id.run((context, input)).map(unwrap_valr) {
            count += value.expect("the filter fits the document").to_string().len();
        }
        assert!(0 < count, "the filter has an answer");
        black_box(count);
        RECORDS
    });
    Outcome { time, live: 0 }
}

/// Connections at a time, and threads of the server.
const WORKERS: usize = 16;

/// Requests of a connection in a batch.
const REQUESTS: u64 = 50;

/// server: 16 workers answer requests of 16 connections; CPU time of the server, per request.
///
/// A request has 16 KiB of JSON, of which the answer has other JSON. The clients' own time does
/// not count, and they take nothing from the heap.
#[must_use]
pub fn server(meter: Meter) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_io()
        .build()
        .expect("the system has threads");
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"));
    let listener = listener.expect("the system has a port");
    let address = listener.local_addr().expect("it is bound");
    runtime.spawn(async {
        let router = Router::new().route("/", post(answer));
        axum::serve(listener, router).await.expect("the server goes on until the process ends");
    });
    let body = document(meter.seed, 16 << 10);
    let mut buffer = Table::new(32 << 10, |_| 0_u8);
    let request = request(&mut buffer, body.trim_ascii_end());
    // The first connections, and a quarter of the time, are for warming up.
    serve(address, request, meter.budget.quarter());
    let time = serve(address, request, meter.budget);
    runtime.shutdown_background();
    Outcome { time, live: 0 }
}

/// What the server does with a request.
async fn answer(Json(records): Json<Vec<Value>>) -> Json<Value> {
    let texts = records.iter().filter_map(|record| record.get("text")?.as_str());
    let words: Vec<String> = texts.flat_map(str::split_whitespace).map(str::to_uppercase).collect();
    Json(json!({ "count": records.len(), "words": words, "records": records }))
}

/// Writes the request into the buffer.
fn request<'a>(buffer: &'a mut [u8], body: &[u8]) -> &'a [u8] {
    let mut rest = Cursor::new(&mut *buffer);
    write!(rest, "POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n")
        .and_then(|()| write!(rest, "content-length: {}\r\n\r\n", body.len()))
        .and_then(|()| rest.write_all(body))
        .expect("the buffer is large enough");
    let length = usize::try_from(rest.position()).unwrap_or(0);
    &buffer[..length]
}

/// Has all connections ask, in each batch; nanoseconds of the server's CPU time, per request.
fn serve(address: SocketAddr, request: &[u8], budget: Budget) -> f64 {
    let (begin, mut batches, mut clients) = (process_cpu_time(), 0, 0);
    while !budget.is_spent(batches, || process_cpu_time() - begin - clients) {
        clients += std::thread::scope(|scope| {
            let client = || {
                let begin = cpu_time();
                ask(address, request);
                cpu_time() - begin
            };
            let threads: [_; WORKERS] = core::array::from_fn(|_| scope.spawn(client));
            threads.into_iter().map(|thread| thread.join().expect("a client ends")).sum::<u64>()
        });
        batches += 1;
    }
    float(process_cpu_time() - begin - clients) / float(batches * WORKERS as u64 * REQUESTS)
}

/// One connection: asks, and reads each answer to its end.
fn ask(address: SocketAddr, request: &[u8]) {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.set_nodelay(true).expect("the system can do so");
    let mut buffer = Table::new(64 << 10, |_| 0_u8);
    for _ in 0..REQUESTS {
        stream.write_all(request).expect("the server reads");
        let (mut filled, mut whole) = (0, usize::MAX);
        while filled < whole {
            let read = stream.read(&mut buffer[filled..]).expect("the server writes");
            assert!(0 < read, "the server has ended, after {filled} bytes");
            filled += read;
            if whole == usize::MAX {
                whole = length(&buffer[..filled]).unwrap_or(usize::MAX);
            }
        }
    }
}

/// The length of the answer that begins so, once its head is there.
fn length(answer: &[u8]) -> Option<usize> {
    assert!(answer.starts_with(&b"HTTP/1.1 200"[..answer.len().min(12)]), "it is an answer");
    let text = core::str::from_utf8(answer).ok()?;
    let (head, _) = text.split_once("\r\n\r\n")?;
    let (_, behind) = head.split_once("content-length: ")?;
    let body: usize = behind.lines().next()?.parse().ok()?;
    Some(head.len() + 4 + body)
}
