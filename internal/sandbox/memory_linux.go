package sandbox

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// lookEvery is how often a program's memory is looked at.
const lookEvery = 400 * time.Millisecond

// watchMemory ends the program when it and its children together have more memory
// than they may. In a control group the kernel has then ended one of them already;
// elsewhere it limits only each for itself.
func (p *Process) watchMemory(most int64) {
	ticks := time.NewTicker(lookEvery)
	defer ticks.Stop()
	for {
		select {
		case <-p.done:
			return
		case <-ticks.C:
		}
		if p.group != nil {
			if p.group() {
				p.stop(Memory)
				return
			}
			continue
		}
		all := family(p.Pid())
		// The first counts what parent and child share twice, but costs little.
		if sum(all, "status", "RssAnon:", "RssShmem:") > most && sum(all, "smaps_rollup", "Pss_Anon:", "Pss_Shmem:") > most {
			p.stop(Memory)
			return
		}
	}
}

// family is a process with all its descendants: who loses its parent falls to the
// first of its namespace, and so is one still.
func family(pid int) []int {
	all := []int{pid}
	for i := 0; i < len(all) && len(all) < 4096; i++ {
		tasks, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", all[i]))
		for _, t := range tasks {
			text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", all[i], t.Name()))
			for child := range strings.FieldsSeq(string(text)) {
				if n, err := strconv.Atoi(child); err == nil {
					all = append(all, n)
				}
			}
		}
	}
	return all
}

// sum adds up fields of a file that each process has, which are in kB.
func sum(pids []int, name string, fields ...string) (bytes int64) {
	for _, pid := range pids {
		f, err := os.Open(fmt.Sprintf("/proc/%d/%s", pid, name))
		if err != nil {
			continue // it is gone
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			for _, field := range fields {
				var kB int64
				if text, ok := strings.CutPrefix(lines.Text(), field); ok {
					_, _ = fmt.Sscan(text, &kB)
					bytes += kB << 10
				}
			}
		}
		_ = f.Close()
	}
	return bytes
}
