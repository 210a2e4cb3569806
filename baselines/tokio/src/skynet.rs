// SPDX-License-Identifier: Apache-2.0

//! skynet. bench/WORKLOADS.md#skynet. `capacity_1`: sums come up a channel with room for one; `join`: by the children's JoinHandles,
//! without a channel, as one would rather write it.

use crate::harness::{all, Bench, Body, Def};
use std::future::Future;
use std::pin::Pin;
use tokio::sync::mpsc;

const FAN_OUT: u64 = 10;

fn node(up: mpsc::Sender<u64>, first: u64, leaves: u64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        if leaves == 1 {
            up.send(first).await.unwrap();
            return;
        }
        let (send, mut below) = mpsc::channel(1);
        let part = leaves / FAN_OUT;
        for i in 0..FAN_OUT {
            tokio::spawn(node(send.clone(), first + i * part, part));
        }
        let mut sum = 0;
        for _ in 0..FAN_OUT {
            sum += below.recv().await.unwrap();
        }
        up.send(sum).await.unwrap();
    })
}

async fn channels(leaves: u64) -> u64 {
    let (send, mut top) = mpsc::channel(1);
    tokio::spawn(node(send, 0, leaves));
    top.recv().await.unwrap()
}

fn joined(first: u64, leaves: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move {
        if leaves == 1 {
            return first;
        }
        let part = leaves / FAN_OUT;
        let below: [_; FAN_OUT as usize] = std::array::from_fn(|i| tokio::spawn(joined(first + i as u64 * part, part)));
        let mut sum = 0;
        for t in below {
            sum += t.await.unwrap();
        }
        sum
    })
}

async fn joins(leaves: u64) -> u64 {
    tokio::spawn(joined(0, leaves)).await.unwrap()
}

macro_rules! body {
    ($tree:ident) => {
        |mut b: Bench| {
            Box::pin(async move {
                let leaves = b.def.arg;
                let mut sum = 0;
                $tree(leaves).await;
                b.start();
                for _ in 0..b.n {
                    sum += $tree(leaves).await;
                }
                b.stop();
                b.check("the leaves' sum", sum, b.n * (leaves * (leaves - 1) / 2));
                b
            })
        }
    };
}

pub fn defs() -> Vec<Def> {
    let (by_channel, by_join): (Body, Body) = (body!(channels), body!(joins));
    [
        all("skynet", "capacity_1/", "", 1_000_000, 1, by_channel),
        all("skynet", "join/", "", 1_000_000, 1, by_join),
        all("skynet", "capacity_1/", "/leaves:10000", 10_000, 1, by_channel),
        all("skynet", "join/", "/leaves:10000", 10_000, 1, by_join),
    ]
    .concat()
}
