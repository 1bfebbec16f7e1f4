package expression

// weight is how much a value holds.
type weight struct{ parts, bytes, depth int }

// Bounded returns why a value is too large or too deep to be written down, or nil.
// One that holds itself many times over is as large as it would be written.
func Bounded(v any) error {
	_, err := weigh(v)
	return err
}

func weigh(v any) (weight, error) {
	var w weight
	err := w.add(v, 1)
	return w, err
}

func (w *weight) add(v any, depth int) error {
	w.parts++
	w.depth = max(w.depth, depth)
	switch v := v.(type) {
	case string:
		w.bytes += len(v)
	case []any:
		for _, item := range v {
			if err := w.add(item, depth+1); err != nil {
				return err
			}
		}
	case map[string]any:
		for k, item := range v {
			w.bytes += len(k)
			if err := w.add(item, depth+1); err != nil {
				return err
			}
		}
	case map[any]any:
		for _, item := range v {
			if err := w.add(item, depth+1); err != nil {
				return err
			}
		}
	case map[any][]any:
		for _, item := range v {
			if err := w.add(item, depth+1); err != nil {
				return err
			}
		}
	}
	switch {
	case depth > maxDepth:
		return stop("a value is nested more than %d deep", maxDepth)
	case w.parts > maxParts:
		return stop("a value has more than %d parts", maxParts)
	case w.bytes > maxValue:
		return stop("a value has more than %d MiB of text", maxValue>>20)
	}
	return nil
}

// bounded is a value that a function may be given.
func bounded(v any) any {
	if err := Bounded(v); err != nil {
		panic(err)
	}
	return v
}
