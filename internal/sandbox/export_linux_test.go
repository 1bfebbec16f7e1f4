package sandbox

// GroupIn makes a control group in a folder that stands for one of version 2 which
// was given to us.
func GroupIn(folder string, l Limits) error {
	_, err := hierarchy{folder, folder, true}.new(l.filled())
	return err
}

// Unified reports whether programs get control groups of version 2 here.
func Unified() bool { return groups().unified }

// What a process and its launcher say to each other.
var (
	Pair = pair
	Hear = hear
)
