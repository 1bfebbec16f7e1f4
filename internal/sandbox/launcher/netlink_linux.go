package launcher

import (
	"encoding/binary"
	"fmt"
	"os"
	"syscall"
)

// netlink sends messages to the kernel and waits until each is acknowledged.
// What it says is in rtnetlink(7), and for nf_tables in linux/netfilter/nf_tables.h.
func netlink(family int, messages ...message) error {
	s, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, family)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer func() { _ = syscall.Close(s) }()
	var out []byte
	waits := map[uint32]string{}
	for i, m := range messages {
		seq := uint32(i + 1)
		flags := m.flags | syscall.NLM_F_REQUEST
		if m.what != "" {
			flags, waits[seq] = flags|syscall.NLM_F_ACK, m.what
		}
		head := make([]byte, syscall.NLMSG_HDRLEN)
		binary.NativeEndian.PutUint32(head, uint32(len(head)+len(m.body))) //nolint:gosec // a few hundred bytes
		binary.NativeEndian.PutUint16(head[4:], m.kind)
		binary.NativeEndian.PutUint16(head[6:], flags)
		binary.NativeEndian.PutUint32(head[8:], seq)
		out = append(append(out, head...), m.body...)
	}
	if err := syscall.Sendto(s, out, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return os.NewSyscallError("sendto", err)
	}
	for buf := make([]byte, 16<<10); len(waits) > 0; {
		n, _, err := syscall.Recvfrom(s, buf, 0)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return os.NewSyscallError("recvfrom", err)
		}
		answers, err := syscall.ParseNetlinkMessage(buf[:n])
		if err != nil {
			return err
		}
		for _, a := range answers {
			if a.Header.Type != syscall.NLMSG_ERROR || len(a.Data) < 4 {
				continue
			}
			if no := int32(binary.NativeEndian.Uint32(a.Data)); no != 0 { //nolint:gosec // it is signed
				return fmt.Errorf("%s: %w", waits[a.Header.Seq], syscall.Errno(-no)) //nolint:gosec // it is negative
			}
			delete(waits, a.Header.Seq)
		}
	}
	return nil
}

// message is one thing asked of the kernel.
type message struct {
	what  string // for the error; empty = it is not acknowledged
	kind  uint16
	flags uint16
	body  []byte
}

const nested = 1 << 15

// attribute is a type, a length and a value, filled up to four bytes.
func attribute(kind uint16, values ...[]byte) []byte {
	out := make([]byte, 4)
	for _, v := range values {
		out = append(out, v...)
	}
	binary.NativeEndian.PutUint16(out, uint16(len(out))) //nolint:gosec // a few hundred bytes
	binary.NativeEndian.PutUint16(out[2:], kind)
	for len(out)%4 != 0 {
		out = append(out, 0)
	}
	return out
}

func text(s string) []byte   { return append([]byte(s), 0) }
func number(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }
func port(n uint16) []byte   { return binary.BigEndian.AppendUint16(nil, n) }
