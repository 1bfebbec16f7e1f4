package launcher

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"unsafe"
)

// An executable that is called by our name never reaches its main.
func init() {
	if len(os.Args) != 2 || os.Args[0] != Name {
		return
	}
	fd, err := strconv.Atoi(os.Args[1])
	if err != nil {
		os.Exit(125)
	}
	if err = alone(fd); err == nil {
		err = obey(fd) // returns only if it failed
	}
	_, _ = syscall.Write(fd, []byte(err.Error()))
	os.Exit(125)
}

func obey(fd int) error {
	order, err := hear(fd)
	if err != nil {
		return fmt.Errorf("read the order: %w", err)
	}
	if order.Gate {
		sockets, err := gate()
		if err != nil {
			return err
		}
		if err := syscall.Sendmsg(fd, []byte{0}, syscall.UnixRights(sockets...), nil, 0); err != nil {
			return fmt.Errorf("hand over the sockets: %w", err)
		}
	}
	if err := stage(order.Stage); err != nil {
		return err
	}
	if order.Dir != "" {
		if err := os.Chdir(order.Dir); err != nil {
			return err
		}
	}
	if order.User != 0 {
		if err := become(order.User); err != nil {
			return err
		}
	}
	return turnInto(order)
}

// turnInto sets the limits and starts the program. Everything is made beforehand:
// this process may have less memory from then on than it has already, and is ended
// by the next thing that it asks for.
func turnInto(order *Order) error {
	limits := make([]syscall.Rlimit, len(order.Limits))
	for i, l := range order.Limits { // no higher than this process may
		var now syscall.Rlimit
		if err := syscall.Getrlimit(l.Resource, &now); err != nil {
			return fmt.Errorf("read limit %d: %w", l.Resource, err)
		}
		limits[i] = syscall.Rlimit{Cur: min(l.Soft, now.Max), Max: min(l.Hard, now.Max)}
	}
	path, err1 := syscall.BytePtrFromString(order.Argv[0])
	argv, err2 := syscall.SlicePtrFromStrings(order.Argv)
	env, err3 := syscall.SlicePtrFromStrings(order.Env)
	if err := errors.Join(err1, err2, err3); err != nil {
		return fmt.Errorf("start %s: %w", order.Argv[0], err)
	}
	for i := range limits {
		_, _, no := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, 0, uintptr(order.Limits[i].Resource), uintptr(unsafe.Pointer(&limits[i])), 0, 0, 0) //nolint:gosec // as the call wants it
		if no != 0 {
			return fmt.Errorf("set limit %d: %w", order.Limits[i].Resource, no)
		}
	}
	_, _, no := syscall.RawSyscall(syscall.SYS_EXECVE, uintptr(unsafe.Pointer(path)), uintptr(unsafe.Pointer(&argv[0])), uintptr(unsafe.Pointer(&env[0]))) //nolint:gosec // as the call wants it
	return fmt.Errorf("start %s: %w", order.Argv[0], no)
}

// alone keeps the descriptors below fd for the program, and no other: what our
// process was started with need not be marked as its own.
func alone(fd int) error {
	const closeRange, markOnly = 436, 1 << 2
	if _, _, no := syscall.Syscall(closeRange, uintptr(fd), 1<<32-1, markOnly); no != 0 {
		return fmt.Errorf("close descriptors (Linux 5.11 can): %w", no)
	}
	return nil
}

// hear reads the order, which ends with a line.
func hear(fd int) (*Order, error) {
	var text []byte
	for buf := make([]byte, 64<<10); len(text) == 0 || text[len(text)-1] != '\n'; {
		n, err := syscall.Read(fd, buf)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return nil, fmt.Errorf("it ends early: %w", err)
		}
		text = append(text, buf[:n]...)
	}
	var o Order
	if err := json.Unmarshal(text, &o); err != nil {
		return nil, err
	}
	if len(o.Argv) == 0 {
		return nil, fmt.Errorf("it names no program")
	}
	return &o, nil
}

func become(user int) error {
	if err := syscall.Setgroups(nil); err != nil {
		return fmt.Errorf("leave the groups: %w", err)
	}
	if err := syscall.Setresgid(user, user, user); err != nil {
		return fmt.Errorf("change the group: %w", err)
	}
	if err := syscall.Setresuid(user, user, user); err != nil {
		return fmt.Errorf("change the user: %w", err)
	}
	return nil
}
