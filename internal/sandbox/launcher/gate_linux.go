package launcher

import (
	"encoding/binary"
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

// gate makes this network namespace lead to us alone: every IPv4 address is this
// machine's own, every TCP connection is turned to one listener, and every
// question for a name to another. It returns both. Other UDP, and IPv6, lead nowhere.
func gate() ([]int, error) {
	if err := loopback(); err != nil {
		return nil, fmt.Errorf("bring the loopback device up: %w", err)
	}
	const newRoute, localTable, byBoot, onHost, local, device = 24, 255, 3, 254, 2, 4
	route := append([]byte{syscall.AF_INET, 0, 0, 0, localTable, byBoot, onHost, local, 0, 0, 0, 0},
		attribute(device, binary.NativeEndian.AppendUint32(nil, 1))...)
	if err := netlink(syscall.NETLINK_ROUTE, message{"make all addresses local", newRoute, syscall.NLM_F_CREATE, route}); err != nil {
		return nil, err
	}
	tcp, at, err := socket(syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, fmt.Errorf("listen for connections: %w", err)
	}
	if err := syscall.Listen(tcp, 128); err != nil {
		return nil, fmt.Errorf("listen for connections: %w", err)
	}
	const domain = 53
	udp, _, err := socket(syscall.SOCK_DGRAM, domain)
	if err != nil {
		return nil, fmt.Errorf("listen for names: %w", err)
	}
	if err := redirect(at, domain); err != nil {
		return nil, fmt.Errorf("%s: %w", NoRedirect, err)
	}
	return []int{tcp, udp}, nil
}

func loopback() error {
	s, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = syscall.Close(s) }()
	var request [40]byte // struct ifreq
	copy(request[:], "lo")
	binary.NativeEndian.PutUint16(request[16:], syscall.IFF_UP|syscall.IFF_RUNNING)
	_, _, no := syscall.Syscall(syscall.SYS_IOCTL, uintptr(s), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&request))) //nolint:gosec // as the call wants it
	if no != 0 {
		return os.NewSyscallError("ioctl", no)
	}
	return nil
}

func socket(kind, port int) (fd, at int, err error) {
	fd, err = syscall.Socket(syscall.AF_INET, kind|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		return 0, 0, err
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, 0, err
	}
	bound, err := syscall.Getsockname(fd)
	if err != nil {
		return 0, 0, err
	}
	return fd, bound.(*syscall.SockaddrInet4).Port, nil
}

// redirect is, in nft's words:
//
//	table ip patchbay {
//	  chain out {
//	    type nat hook output priority -100;
//	    meta l4proto tcp redirect to :tcp
//	    meta l4proto udp udp dport domain redirect to :domain
//	  }
//	}
func redirect(tcp, domain int) error {
	const family, begin, end, newTable, newChain, newRule = syscall.NETLINK_NETFILTER, 0x10, 0x11, 0xa00, 0xa03, 0xa06
	table, chain := text("patchbay"), text("out")
	head := []byte{syscall.AF_INET, 0, 0, 0}
	batch := []byte{0, 0, 0, 10} // to nf_tables
	body := func(attributes ...[]byte) []byte {
		out := append([]byte{}, head...)
		for _, a := range attributes {
			out = append(out, a...)
		}
		return out
	}
	const output, before = 3, 1<<32 - 100 // the hook, and its priority of -100
	hook := attribute(4|nested, attribute(1, number(output)), attribute(2, number(before)))
	rule := func(expressions ...[]byte) []byte {
		return body(attribute(1, table), attribute(2, chain), attribute(4|nested, expressions...))
	}
	return netlink(family,
		message{"", begin, 0, batch},
		message{"make a table", newTable, syscall.NLM_F_CREATE, body(attribute(1, table))},
		message{"make a chain", newChain, syscall.NLM_F_CREATE, body(attribute(1, table), attribute(3, chain), hook, attribute(7, text("nat")))},
		message{"turn TCP round", newRule, syscall.NLM_F_CREATE | syscall.NLM_F_APPEND, rule(append(protocol(syscall.IPPROTO_TCP), to(tcp)...)...)},
		message{"turn DNS round", newRule, syscall.NLM_F_CREATE | syscall.NLM_F_APPEND, rule(append(append(protocol(syscall.IPPROTO_UDP), destination(domain)...), to(domain)...)...)},
		message{"", end, 0, batch},
	)
}

func expression(name string, attributes ...[]byte) []byte {
	return attribute(1|nested, attribute(1, text(name)), attribute(2|nested, attributes...))
}

func equals(value []byte) []byte {
	return expression("cmp", attribute(1, number(1)), attribute(2, number(0)), attribute(3|nested, attribute(1, value)))
}

func protocol(number8 byte) [][]byte {
	const layer4 = 16
	return [][]byte{expression("meta", attribute(2, number(layer4)), attribute(1, number(1))), equals([]byte{number8})}
}

func destination(domain int) [][]byte {
	const transport, offset, length = 2, 2, 2
	return [][]byte{
		expression("payload", attribute(1, number(1)), attribute(2, number(transport)), attribute(3, number(offset)), attribute(4, number(length))),
		equals(port(uint16(domain))), //nolint:gosec // a port
	}
}

func to(at int) [][]byte {
	const portGiven = 2
	return [][]byte{
		expression("immediate", attribute(1, number(1)), attribute(2|nested, attribute(1, port(uint16(at))))), //nolint:gosec // a port
		expression("redir", attribute(1, number(1)), attribute(3, number(portGiven))),
	}
}
