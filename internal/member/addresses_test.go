package member_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/member"
)

// Prefixes have one spelling each; what is no address is refused by name; who is
// on the list is so however their address is written.
func TestAllowedAddresses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tests := map[string]struct {
		list, want []string
		in, out    []string
		err        error
	}{
		"none":                        {list: nil, want: []string{}, in: []string{"203.0.113.7", "::1", ""}},
		"an address and a prefix":     {list: []string{" 203.0.113.7", "10.1.2.3/8", "10.0.0.0/8"}, want: []string{"203.0.113.7/32", "10.0.0.0/8"}, in: []string{"203.0.113.7", "10.255.0.1", "::ffff:10.0.0.1"}, out: []string{"203.0.113.8", "11.0.0.1", "::a00:1", "", "you"}},
		"IPv6":                        {list: []string{"2001:DB8:0:0::1/32"}, want: []string{"2001:db8::/32"}, in: []string{"2001:db8:ffff::", "2001:db8::1%eth0"}, out: []string{"2001:db9::", "10.0.0.1"}},
		"IPv4 in the dress of IPv6":   {list: []string{"::ffff:192.0.2.1", "::ffff:10.0.0.0/104"}, want: []string{"192.0.2.1/32", "10.0.0.0/8"}, in: []string{"10.9.9.9", "192.0.2.1"}, out: []string{"192.0.2.2"}},
		"all of IPv4":                 {list: []string{"0.0.0.0/0"}, want: []string{"0.0.0.0/0"}, in: []string{"8.8.8.8"}, out: []string{"::1"}},
		"a name":                      {list: []string{"example.com"}, err: member.ErrPrefix},
		"nothing":                     {list: []string{""}, err: member.ErrPrefix},
		"too long a prefix":           {list: []string{"10.0.0.0/33"}, err: member.ErrPrefix},
		"a zone":                      {list: []string{"fe80::1%eth0"}, err: member.ErrPrefix},
		"a comma":                     {list: []string{"10.0.0.1,10.0.0.2"}, err: member.ErrPrefix},
		"half in IPv4, half in IPv6":  {list: []string{"::ffff:10.0.0.0/90"}, err: member.ErrPrefix},
		"more than anybody keeps":     {list: many(201), err: member.ErrTooMany},
		"as many as a list may hold":  {list: many(200), want: many(200), in: []string{"10.0.0.0"}, out: []string{"10.0.1.0"}},
		"white space within a prefix": {list: []string{"10.0.0.0 /8"}, err: member.ErrPrefix},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := r.SetAddresses(t.Context(), r.ada.WorkspaceID, member.NewAddresses{Allowed: tt.list})
			if !errors.Is(err, tt.err) || err == nil && !slices.Equal(got.Allowed, tt.want) {
				t.Fatalf("%v %v, want %v %v", got, err, tt.want, tt.err)
			}
			if err != nil {
				return
			}
			w, err := r.Workspace(t.Context(), r.ada.WorkspaceID)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range tt.in {
				if !w.Admits(a) {
					t.Errorf("%q is not let in", a)
				}
			}
			for _, a := range tt.out {
				if w.Admits(a) {
					t.Errorf("%q is let in", a)
				}
			}
		})
	}
}

func many(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("10.0.0.%d/32", i))
	}
	return all
}

// Who would be shut out says that they mean it; who has not seen the list as it
// is writes nothing over it.
func TestAListThatShutsOut(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	set := func(n member.NewAddresses) (*member.Addresses, error) {
		return r.SetAddresses(t.Context(), r.ada.WorkspaceID, n)
	}
	list := []string{"10.0.0.0/8"}
	if _, err := set(member.NewAddresses{Allowed: list, From: "203.0.113.7"}); !errors.Is(err, member.ErrShutOut) || fault.Of(err).Details["address"] != "203.0.113.7" {
		t.Fatal(err)
	}
	if _, err := set(member.NewAddresses{Allowed: list, From: "10.0.0.1"}); err != nil {
		t.Fatal(err)
	}
	seen, err := set(member.NewAddresses{Allowed: list, From: "203.0.113.7", Force: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := set(member.NewAddresses{From: "203.0.113.7", Seen: []time.Time{seen.ChangedAt.Add(-time.Second)}}); !errors.Is(err, fault.ErrChanged) {
		t.Fatal(err)
	}
	if a, err := set(member.NewAddresses{From: "203.0.113.7", Seen: []time.Time{seen.ChangedAt}}); err != nil || len(a.Allowed) != 0 {
		t.Fatal(a, err)
	}
	if _, err := r.SetAddresses(t.Context(), "o_none", member.NewAddresses{}); !errors.Is(err, member.ErrWorkspaceNotFound) {
		t.Fatal(err)
	}
}
