package sandbox

// Ungrouped lets a test do without control groups.
func (s Spec) Ungrouped() Spec {
	s.ungrouped = true
	return s
}
