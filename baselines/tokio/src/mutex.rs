// SPDX-License-Identifier: Apache-2.0

//! mutex. bench/WORKLOADS.md#mutex. A lock that is not held across an await is std's, as tokio's documentation advises: the plain
//! form. `async` is tokio's own.

use crate::harness::{all, share, Bench, Body, Def};
use std::sync::Arc;

const TASKS: u64 = 8;

pub fn defs() -> Vec<Def> {
    let of_std: Body = |mut b: Bench| {
        Box::pin(async move {
            let number = Arc::new(std::sync::Mutex::new(0u64));
            b.start();
            let tasks: Vec<_> = (0..TASKS)
                .map(|i| {
                    let (number, times) = (number.clone(), share(b.n, TASKS, i));
                    tokio::spawn(async move {
                        for _ in 0..times {
                            *number.lock().unwrap() += 1;
                        }
                    })
                })
                .collect();
            for t in tasks {
                t.await.unwrap();
            }
            b.stop();
            let got = *number.lock().unwrap();
            b.check("the number", got, b.n);
            b
        })
    };
    let of_tokio: Body = |mut b: Bench| {
        Box::pin(async move {
            let number = Arc::new(tokio::sync::Mutex::new(0u64));
            b.start();
            let tasks: Vec<_> = (0..TASKS)
                .map(|i| {
                    let (number, times) = (number.clone(), share(b.n, TASKS, i));
                    tokio::spawn(async move {
                        for _ in 0..times {
                            *number.lock().await += 1;
                        }
                    })
                })
                .collect();
            for t in tasks {
                t.await.unwrap();
            }
            b.stop();
            let got = *number.lock().await;
            b.check("the number", got, b.n);
            b
        })
    };
    [all("mutex", "", "", 0, 10000, of_std), all("mutex", "async/", "", 0, 10000, of_tokio)].concat()
}
