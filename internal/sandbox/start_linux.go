package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/patchbay-dev/patchbay/internal/sandbox/launcher"
)

// launchTimeout is how long a program may take until it begins.
const launchTimeout = 20 * time.Second

// start starts the launcher, gives it its order, and returns when it has become the program.
func start(ctx context.Context, s Spec) (*Process, error) {
	p := &Process{done: make(chan struct{}), free: func() {}, most: s.Limits.OutputBytes}
	p.Renew()
	p.cmd = &exec.Cmd{
		Path: "/proc/self/exe", Env: []string{},
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL},
	}
	if err := p.pipes(); err != nil {
		return nil, fmt.Errorf("make pipes: %w", err)
	}
	defer p.started()
	if err := p.launch(ctx, s); err != nil {
		closeAll(p.files)
		return nil, err
	}
	return p, nil
}

func (p *Process) launch(ctx context.Context, s Spec) error {
	order, files, err := p.prepare(s)
	defer closeAll(files)
	if err != nil {
		return err
	}
	ours, theirs, err := pair()
	if err != nil {
		return err
	}
	defer func() { _ = ours.Close() }()
	p.cmd.ExtraFiles = slices.Concat(s.ExtraFiles, files, []*os.File{theirs})
	p.cmd.Args = []string{launcher.Name, strconv.Itoa(2 + len(p.cmd.ExtraFiles))}
	err = p.cmd.Start()
	_ = theirs.Close()
	if err != nil {
		return fmt.Errorf("start the launcher: %w", err)
	}
	if err := p.confine(s); err != nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
		return err
	}
	go p.watch(ctx)
	go p.watchMemory(s.Limits.MemoryBytes)
	if err := p.give(ours, order, s.Egress); err != nil {
		p.Kill()
		p.Wait()
		return err
	}
	return nil
}

// confine puts the launcher into a control group, where there are any.
func (p *Process) confine(s Spec) error {
	if s.ungrouped || groups().memory == "" {
		return nil
	}
	g, err := groups().new(s.Limits)
	if err != nil {
		return err
	}
	p.group, p.free = g.ranOut, g.remove
	if err := g.add(p.Pid()); err != nil {
		p.free()
		return err
	}
	return nil
}

// prepare makes the order, and the files that it speaks of.
func (p *Process) prepare(s Spec) (launcher.Order, []*os.File, error) {
	if s.Tier == Plain {
		order, err := p.plain(s)
		return order, nil, err
	}
	user, ok := stranger()
	apart(p.cmd.SysProcAttr, user)
	if ok {
		if err := p.giveTo(user, s); err != nil {
			return launcher.Order{}, nil, err
		}
	}
	return isolate(s, ok, 3+len(s.ExtraFiles))
}

// give sends the order and waits until the launcher is no more: it is then the
// program, or has said why not.
func (p *Process) give(c *net.UnixConn, order launcher.Order, e *Egress) error {
	_ = c.SetDeadline(time.Now().Add(launchTimeout)) //nolint:forbidigo // the network's clock
	text, err := json.Marshal(order)
	if err != nil {
		return fmt.Errorf("write the order: %w", err)
	}
	if _, err := c.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("give the order: %w", err)
	}
	said, sockets, err := hear(c)
	if err == nil && len(sockets) == 2 && len(said) == 0 {
		return p.guard(e, sockets)
	}
	closeAll(sockets)
	if err != nil {
		return fmt.Errorf("wait for the launcher: %w", err)
	}
	if len(said) > 0 {
		return fmt.Errorf("sandbox: %s", said)
	}
	return nil
}

// hear reads what the launcher says to its end: a zero with the sockets of the
// gate, and why it failed, if it did.
func hear(c *net.UnixConn) (said []byte, sockets []*os.File, err error) {
	buf, rights := make([]byte, 4<<10), make([]byte, 256)
	for {
		n, got, _, _, err := c.ReadMsgUnix(buf, rights)
		n, got = max(n, 0), max(got, 0) // what cannot be read is of -1 bytes: a launcher that was killed before it read its order
		if messages, bad := unix.ParseSocketControlMessage(rights[:got]); bad == nil {
			for i := range messages {
				fds, _ := unix.ParseUnixRights(&messages[i])
				for _, fd := range fds {
					unix.CloseOnExec(fd)
					sockets = append(sockets, os.NewFile(uintptr(fd), "gate"))
				}
			}
		}
		said = append(said, bytes.TrimLeft(buf[:n], "\x00")...)
		if errors.Is(err, io.EOF) || err == nil && n == 0 {
			return said, sockets, nil
		}
		if err != nil {
			return said, sockets, err //nolint:wrapcheck // the caller does
		}
	}
}

// guard opens the gate, which closes when the program is over.
func (p *Process) guard(e *Egress, sockets []*os.File) error {
	g, err := openGate(e, sockets[0], sockets[1])
	if err != nil {
		return err
	}
	go func() {
		<-p.done
		g.close()
	}()
	return nil
}

// pair makes a connection between us and the launcher.
func pair() (*net.UnixConn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make a connection: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "launcher"), os.NewFile(uintptr(fds[1]), "order")
	c, err := net.FileConn(ours)
	_ = ours.Close()
	u, ok := c.(*net.UnixConn)
	if err != nil || !ok {
		_ = theirs.Close()
		return nil, nil, fmt.Errorf("make a connection: %w", errors.Join(err, errors.ErrUnsupported))
	}
	return u, theirs, nil
}

// plain is the order for a child that only has limits, and a user of its own
// where we can give it one.
func (p *Process) plain(s Spec) (launcher.Order, error) {
	o := launcher.Order{Dir: s.Dir, Argv: s.Argv, Env: s.Env, Limits: limits(s.Limits)}
	if s.Tmp != "" {
		o.Env = append(o.Env[:len(o.Env):len(o.Env)], "TMPDIR="+s.Tmp)
	}
	user, ok := stranger()
	if !ok {
		return o, nil
	}
	o.User = user
	return o, p.giveTo(user, s)
}

// own is how many processes are needed to hold a program, beside its own.
const own = 4

func limits(l Limits) []launcher.Limit {
	data, files, file, pids, cpu := uint64(l.MemoryBytes+max(0, l.Reserved)), uint64(l.OpenFiles), uint64(l.FileBytes), uint64(l.Pids+own), uint64(l.CPUSeconds) //nolint:gosec // they are positive
	return []launcher.Limit{
		{Resource: unix.RLIMIT_CORE},
		{Resource: unix.RLIMIT_CPU, Soft: cpu, Hard: cpu + 1},
		{Resource: unix.RLIMIT_NOFILE, Soft: files, Hard: files},
		{Resource: unix.RLIMIT_FSIZE, Soft: file, Hard: file},
		{Resource: unix.RLIMIT_NPROC, Soft: pids, Hard: pids},
		{Resource: unix.RLIMIT_DATA, Soft: data, Hard: data},
	}
}
