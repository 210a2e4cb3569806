// SPDX-License-Identifier: Apache-2.0

package main

import (
	"sync"
	"unsafe"
)

func init() {
	twin("b46_cond_copied", func() {
		var m sync.Mutex
		used := sync.NewCond(&m)
		used.Signal()
		var copied sync.Cond
		// Byte by byte, so that no vet complains about what this is here to do.
		*(*[unsafe.Sizeof(copied)]byte)(unsafe.Pointer(&copied)) = *(*[unsafe.Sizeof(copied)]byte)(unsafe.Pointer(used))
		copied.Signal()
	})
}
