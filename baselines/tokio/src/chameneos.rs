// SPDX-License-Identifier: Apache-2.0

//! chameneos. bench/WORKLOADS.md#chameneos-redux.

use crate::harness::{all, Bench, Body, Def};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

#[derive(Clone, Copy, PartialEq)]
enum Colour {
    Blue,
    Red,
    Yellow,
}
use Colour::{Blue, Red, Yellow};

const FIRST: [Colour; 10] = [Blue, Red, Yellow, Red, Yellow, Blue, Red, Yellow, Red, Blue];

fn complement(a: Colour, b: Colour) -> Colour {
    match (a, b) {
        _ if a == b => a,
        (Blue, Red) | (Red, Blue) => Yellow,
        (Blue, Yellow) | (Yellow, Blue) => Red,
        _ => Blue,
    }
}

struct Visitor {
    id: usize,
    colour: Colour,
}

struct Place {
    waiting: Option<(Visitor, mpsc::Sender<Visitor>)>,
    left: u64,
}

/// Whom one met; None: there are no more meetings.
async fn meet(
    place: &Mutex<Place>,
    id: usize,
    colour: Colour,
    tell: &mpsc::Sender<Visitor>,
    told: &mut mpsc::Receiver<Visitor>,
) -> Option<Visitor> {
    let first = {
        let mut p = place.lock().unwrap();
        if p.left == 0 {
            return None;
        }
        match p.waiting.take() {
            Some(first) => {
                p.left -= 1;
                Some(first)
            }
            None => {
                p.waiting = Some((Visitor { id, colour }, tell.clone()));
                None
            }
        }
    };
    match first {
        Some((other, to)) => {
            to.send(Visitor { id, colour }).await.unwrap();
            Some(other)
        }
        None => told.recv().await,
    }
}

pub fn defs() -> Vec<Def> {
    let body: Body = |mut b: Bench| {
        Box::pin(async move {
            let place = Arc::new(Mutex::new(Place { waiting: None, left: b.n }));
            b.start();
            let tasks: Vec<_> = (0..b.def.arg as usize)
                .map(|id| {
                    let place = place.clone();
                    tokio::spawn(async move {
                        let (tell, mut told) = mpsc::channel(1);
                        let (mut colour, mut meetings, mut with_itself) = (FIRST[id], 0u64, 0u64);
                        while let Some(other) = meet(&place, id, colour, &tell, &mut told).await {
                            meetings += 1;
                            with_itself += u64::from(other.id == id);
                            colour = complement(colour, other.colour);
                        }
                        (meetings, with_itself)
                    })
                })
                .collect();
            let (mut meetings, mut with_itself) = (0, 0);
            for t in tasks {
                let (m, w) = t.await.unwrap();
                meetings += m;
                with_itself += w;
            }
            b.stop();
            b.check("visits", meetings, 2 * b.n);
            b.check("who met itself", with_itself, 0);
            b
        })
    };
    [all("chameneos-redux", "", "/creatures:3", 3, 500, body), all("chameneos-redux", "", "/creatures:10", 10, 500, body)]
        .concat()
}
