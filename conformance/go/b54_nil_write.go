// SPDX-License-Identifier: Apache-2.0

package main

var nowhere *int

func init() { twin("b54_nil_write", func() { *nowhere = 1 }) }
