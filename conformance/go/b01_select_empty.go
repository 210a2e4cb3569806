// SPDX-License-Identifier: Apache-2.0

package main

func init() { twin("b01_select_empty", func() { select {} }) }
