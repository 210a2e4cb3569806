// SPDX-License-Identifier: Apache-2.0

package main

func init() { twin("b04_recv", func() { <-make(chan int) }) }
