// SPDX-License-Identifier: Apache-2.0

package main

import "time"

func init() {
	twin("b48_timer_reset", func() {
		var t time.Timer
		t.Reset(1)
	})
	twin("b48_timer_stop", func() {
		var t time.Timer
		t.Stop()
	})
}
