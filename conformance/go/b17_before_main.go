// SPDX-License-Identifier: Apache-2.0

package main

import "os"

func init() {
	twin("b17_before_main", func() {})
	if len(os.Args) == 2 && os.Args[1] == "b17_before_main" {
		<-make(chan int)
	}
}
