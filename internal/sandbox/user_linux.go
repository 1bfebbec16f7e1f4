package sandbox

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"

	"golang.org/x/sys/unix"
)

// stranger is a user, and a group, that nobody else is on this machine. There is
// one if we are root and may become others.
func stranger() (user int, ok bool) {
	if os.Geteuid() != 0 || !mayBecomeOthers() {
		return 0, false
	}
	// Of the range that systemd leaves free, or in a container with fewer users the last of them.
	const first, some = 1_879_048_192, 1 << 20
	last := min(lastOf("/proc/self/uid_map"), lastOf("/proc/self/gid_map"))
	switch {
	case last >= first+some:
		return first + rand.IntN(some), true //nolint:gosec // no secret
	case last > 1000:
		return last - 1 - rand.IntN(500), true //nolint:gosec // no secret
	default:
		return 0, false
	}
}

func mayBecomeOthers() bool {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if unix.Capget(&head, &data[0]) != nil {
		return false
	}
	const needed = 1<<unix.CAP_SETUID | 1<<unix.CAP_SETGID | 1<<unix.CAP_CHOWN | 1<<unix.CAP_DAC_OVERRIDE
	return data[0].Effective&needed == needed && data[0].Effective&(1<<unix.CAP_SETFCAP) != 0 // without which no map may name root
}

// lastOf is the last number of a map of users (user_namespaces(7)), or 0.
func lastOf(path string) (last int) {
	f, err := os.Open(path) //nolint:gosec // one of two
	if err != nil {
		return 0
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var first, outside, n int
		if _, err := fmt.Sscan(lines.Text(), &first, &outside, &n); err == nil {
			last = max(last, first+n-1)
		}
	}
	return last
}
