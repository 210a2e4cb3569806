// SPDX-License-Identifier: Apache-2.0

//! echo: a TCP server, a task a connection, against weft_echo_load, which bench/load.h describes. bench/WORKLOADS.md#echo.

use crate::harness::{all, Bench, Body, Def};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const MESSAGE: u64 = 64;
const BUFFER: usize = 512;

fn load_word(number: u64, word: u64) -> u64 {
    let mut z = (number * 8 + word + 1).wrapping_mul(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d049bb133111eb);
    z ^ (z >> 31)
}

fn load_hash(requests: u64) -> u64 {
    let one = |i| (0..MESSAGE / 8).fold(0u64, |h, w| (h ^ load_word(i, w)).wrapping_mul(0x100000001b3));
    (0..requests).fold(0, |sum, i| sum.wrapping_add(one(i)))
}

fn affinity() -> libc::cpu_set_t {
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sched_getaffinity(0, std::mem::size_of_val(&set), &mut set);
        set
    }
}

/// Every thread of this process; new ones inherit it.
fn pin_all(set: &libc::cpu_set_t) {
    for thread in std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        if let Ok(id) = thread.file_name().to_string_lossy().parse() {
            unsafe { libc::sched_setaffinity(id, std::mem::size_of_val(set), set) };
        }
    }
}

/// At one processor the server's threads share the first CPU, and the generator has the second: its number, or -1.
fn place(procs: usize, allowed: &libc::cpu_set_t) -> i64 {
    if procs != 1 {
        return -1;
    }
    let mut cpus = (0..libc::CPU_SETSIZE as usize).filter(|c| unsafe { libc::CPU_ISSET(*c, allowed) });
    if let Some(first) = cpus.next() {
        unsafe {
            let mut one = std::mem::zeroed();
            libc::CPU_SET(first, &mut one);
            pin_all(&one);
        }
    }
    cpus.next().map_or(-1, |c| c as i64)
}

async fn serve(mut c: TcpStream) -> u64 {
    let (mut buf, mut bytes) = ([0; BUFFER], 0);
    c.set_nodelay(true).ok();
    while let Ok(n) = c.read(&mut buf).await {
        if n == 0 || c.write_all(&buf[..n]).await.is_err() {
            break;
        }
        bytes += n as u64;
    }
    bytes
}

/// The conversation with the generator, on a thread that may block.
fn load(b: &mut Bench, port: u16, cpu: i64) -> Result<(), String> {
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let program = program.parent().unwrap().join("../../bench/weft_echo_load");
    let mut child = Command::new(program)
        .args([port.to_string(), b.def.arg.to_string(), cpu.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| format!("weft_echo_load: {e}"))?;
    let mut to = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || lines.next().and_then(Result::ok).unwrap_or("ended early".into());
    let ready = next();
    let requests = b.n * 1000;
    let mut line = ready.clone();
    if ready == "ready" {
        b.start();
        writeln!(to, "{requests}").ok();
        line = next();
        b.stop();
    }
    drop(to);
    child.wait().ok();
    let words: Vec<u64> = line.split(' ').filter_map(|w| w.parse().ok()).collect();
    let [did, hash, wall, p50, p90, p99, p999] = words[..] else {
        return Err(format!("the load generator: {line}"));
    };
    b.items = requests as f64;
    b.check("requests", did, requests);
    b.check("the answers' hash", hash, load_hash(requests));
    b.counted = Some(wall as f64);
    b.extra = vec![("request_p50_ns", p50 as f64), ("request_p90_ns", p90 as f64), ("request_p99_ns", p99 as f64)];
    if did >= 1000 {
        b.extra.push(("request_p999_ns", p999 as f64)); // as bench/load.c does
    }
    Ok(())
}

pub fn defs() -> Vec<Def> {
    let body: Body = |mut b: Bench| {
        Box::pin(async move {
            let (connections, allowed) = (b.def.arg, affinity());
            let cpu = place(b.def.procs, &allowed);
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listening socket");
            let port = listener.local_addr().unwrap().port();
            let accepting = tokio::spawn(async move {
                let mut serving = Vec::new();
                for _ in 0..connections {
                    serving.push(tokio::spawn(serve(listener.accept().await.expect("a connection").0)));
                }
                serving
            });
            let stop = accepting.abort_handle();
            let mut b = tokio::task::spawn_blocking(move || {
                if let Err(e) = load(&mut b, port, cpu) {
                    b.error = Some(e);
                }
                b
            })
            .await
            .unwrap();
            stop.abort(); // if not all have come
            let mut bytes = 0;
            if let Ok(serving) = accepting.await {
                for s in serving {
                    bytes += s.await.unwrap();
                }
            }
            pin_all(&allowed);
            b.check("bytes echoed", bytes, (b.n * 1000 + connections) * MESSAGE);
            b
        })
    };
    [all("echo", "", "/conns:64", 64, 1, body), all("echo", "", "/conns:1000", 1000, 1, body)].concat()
}
