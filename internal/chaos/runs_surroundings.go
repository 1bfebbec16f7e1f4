package chaos

import "fmt"

func (r *runRecord) redisForgot() (string, error) {
	var f failures
	if r.Flushes < 2 || r.RedisRestarts == 0 {
		f.add("it was not tried: %d times emptied, %d times killed", r.Flushes, r.RedisRestarts)
	}
	f.unended(r)
	return fmt.Sprintf("emptied %d times, killed %d times", r.Flushes, r.RedisRestarts), f.err()
}

// unended adds the calls that were taken and whose runs have not ended.
func (f *failures) unended(r *runRecord) {
	byKey, _ := r.mine()
	for _, c := range r.Calls {
		if x := byKey[c.Key]; c.Taken && (x == nil || x.Status != "succeeded") {
			f.add("the run of call %s has not ended well", c.Key)
		}
	}
}

func (r *runRecord) postgresKilled() (string, error) {
	var f failures
	n := 0
	for _, c := range r.Calls {
		if c.Taken && c.At.Before(r.LastRestart) {
			n++
		}
	}
	if n == 0 || r.PostgresRestarts == 0 {
		f.add("it was not tried: killed %d times, after %d calls", r.PostgresRestarts, n)
	}
	f.unended(r)
	return fmt.Sprintf("killed %d times (immediate mode), the last time after %d calls had been taken", r.PostgresRestarts, n), f.err()
}

func (r *runRecord) neverBack() (string, error) {
	var f failures
	for _, what := range r.Seen {
		f.add("%s", what)
	}
	return fmt.Sprintf("the database watched every change of %d runs and %d steps; %d servers and %d workers were killed", len(r.Runs), len(r.Steps), r.Servers, r.Workers), f.err()
}
