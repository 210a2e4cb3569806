// SPDX-License-Identifier: Apache-2.0

//! fib, nqueens: tasks that await tasks. bench/WORKLOADS.md#fib.

use crate::harness::{all, Bench, Def};
use std::future::Future;
use std::pin::Pin;

const FIB: (u64, u64, u64) = (25, 75_025, 121_392); // n, its number, tasks
const QUEENS: usize = 10;
const BOARDS: (u64, u64) = (724, 35_538); // ways, queens that can be placed

type Sum = Pin<Box<dyn Future<Output = u64> + Send>>;

fn fib(n: u64) -> Sum {
    Box::pin(async move {
        if n < 2 {
            return n;
        }
        let first = tokio::spawn(fib(n - 1));
        fib(n - 2).await + first.await.unwrap()
    })
}

fn safe(columns: &[i8; QUEENS], rows: usize, column: i8) -> bool {
    (0..rows).all(|i| columns[i] != column && (columns[i] - column).unsigned_abs() as usize != rows - i)
}

fn queens(columns: [i8; QUEENS], rows: usize) -> Sum {
    Box::pin(async move {
        if rows == QUEENS {
            return 1;
        }
        let mut below = Vec::with_capacity(QUEENS);
        for column in 0..QUEENS as i8 {
            if safe(&columns, rows, column) {
                let mut next = columns;
                next[rows] = column;
                below.push(tokio::spawn(queens(next, rows + 1)));
            }
        }
        let mut ways = 0;
        for t in below {
            ways += t.await.unwrap();
        }
        ways
    })
}

macro_rules! body {
    ($tree:expr, $value:expr, $tasks:expr) => {
        |mut b: Bench| {
            Box::pin(async move {
                $tree.await;
                let mut sum = 0;
                b.start();
                for _ in 0..b.n {
                    sum += $tree.await;
                }
                b.stop();
                b.items = (b.n * $tasks) as f64;
                b.check("the sum", sum, b.n * $value);
                b
            })
        }
    };
}

pub fn defs() -> Vec<Def> {
    [
        all("fib", "", "", 0, 1, body!(fib(FIB.0), FIB.1, FIB.2)),
        all("nqueens", "", "", 0, 1, body!(queens([0; QUEENS], 0), BOARDS.0, BOARDS.1)),
    ]
    .concat()
}
