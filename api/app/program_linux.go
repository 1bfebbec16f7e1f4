package app

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// putAside lets go of the pages of the program's own file that are in memory. A start
// runs through most of it, and what goes on needs a third: the kernel reads what is
// needed again from its cache, page by page, as it would after it was short of memory.
func putAside() {
	program, err := os.Executable()
	if err != nil {
		return
	}
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return
	}
	defer maps.Close() //nolint:errcheck // read only
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		// address perms offset dev inode pathname: see proc_pid_maps(5).
		f := strings.Fields(lines.Text())
		if len(f) != 6 || f[5] != program || strings.Contains(f[1], "w") {
			continue // what was written stands nowhere else
		}
		var from, to uintptr
		if n, err := fmt.Sscanf(f[0], "%x-%x", &from, &to); n == 2 && err == nil {
			_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, from, to-from, syscall.MADV_DONTNEED) // else they stay
		}
	}
}
