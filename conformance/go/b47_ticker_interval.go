// SPDX-License-Identifier: Apache-2.0

package main

import "time"

func init() {
	twin("b47_ticker_interval", func() { time.NewTicker(0) })
	twin("b47_ticker_negative", func() { time.NewTicker(-1) })
	twin("b47_ticker_reset", func() { time.NewTicker(time.Second).Reset(0) })
}
