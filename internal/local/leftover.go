package local

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stopLeftover ends the server that a crashed run left in data, and returns its
// process id, or 0 if there was none. The caller holds the home's lock. A pid
// file may be stale and its number taken by a stranger, so only a process that
// works inside data is believed.
func stopLeftover(data, pidFile string, signals ...syscall.Signal) int {
	path := filepath.Join(data, pidFile)
	b, err := os.ReadFile(path) //nolint:gosec // below a home
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || pid <= 1 || !alive(pid) {
		return 0
	}
	if !worksIn(pid, data) {
		_ = os.Remove(path) // the server would take the stranger for itself and refuse to start
		return 0
	}
	for _, s := range append(signals, syscall.SIGKILL) {
		_ = syscall.Kill(pid, s)
		for range int(stopGrace / (20 * time.Millisecond)) {
			if !alive(pid) || !worksIn(pid, data) { // a zombie works nowhere
				return pid
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	return pid
}

func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// worksIn reports whether dir is the working directory of pid.
func worksIn(pid int, dir string) bool {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return false
	}
	if _, err := os.Stat("/proc/self/cwd"); err == nil {
		cwd, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/cwd")
		return err == nil && cwd == dir
	}
	out, err := exec.Command("lsof", "-a", "-d", "cwd", "-p", strconv.Itoa(pid), "-Fn").Output() //nolint:gosec,noctx // a number; answers at once
	return err == nil && strings.Contains(string(out)+"\n", "\nn"+dir+"\n")
}
