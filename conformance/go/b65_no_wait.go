// SPDX-License-Identifier: Apache-2.0

package main

import "fmt"

func init() { twin("b65_no_wait", func() { go fmt.Println("child") }) }
