// Package launcher is the moment between our process and a program of somebody
// else: this same executable, started anew, which takes an order, sets the
// limits, leaves its rights behind and becomes the program.
//
// It uses the standard library alone, so that its turn comes before that of all
// other packages when the executable starts, and it is gone after milliseconds.
package launcher

// Name is what the executable is called when it is to be the launcher. Its one
// argument is the number of the descriptor by which it hears its order.
const Name = "patchbay-launcher"

// Order is what the launcher does, in this order.
type Order struct {
	Gate   bool     // make a network that leads to us alone, and hand over its sockets: TCP, DNS
	Stage  []string // paths that are bound below Staged, by their numbers; needs a mount namespace of its own
	User   int      // to become, and the group of that number; 0 = stay
	Limits []Limit
	Dir    string // "" = stay
	Argv   []string
	Env    []string
}

// Limit is a resource limit of the kernel (setrlimit).
type Limit struct {
	Resource   int
	Soft, Hard uint64
}

// Staged is the folder below which the paths of Stage are bound.
const Staged = "/tmp"

// NoRedirect begins what the launcher says where the kernel has no nf_tables.
const NoRedirect = "turn connections round"
