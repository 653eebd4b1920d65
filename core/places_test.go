package core

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNinePlaces(t *testing.T) {
	inSession(t, func(w *world) {
		var tasks []*Task
		for i := range MaxMediaTasks {
			if i%2 == 0 {
				tasks = append(tasks, w.upload("task", w.blob(10)))
			} else {
				tasks = append(tasks, w.download("task", "0"+testKey+"1z1z10"))
			}
		}
		w.upload("tenth up", w.blob(10))
		w.download("tenth down", "0"+testKey+"1z1z10")
		assert.Equal(t, []string{"tenth up: RtmLimitExceededError 5", "tenth down: RtmLimitExceededError 5"}, w.taken(), "inside the call")

		tasks[8].Cancel()
		w.upload("after a cancel", w.blob(10))
		w.upload("full again", w.blob(10))
		w.host.settle()
		w.host.outstanding()[0].created(testKey, 10)
		w.upload("after an end", w.blob(10))
		got := w.taken()
		assert.Contains(t, got, "full again: RtmLimitExceededError 5")
		assert.NotContains(t, got, "after a cancel: RtmLimitExceededError 5")
		assert.NotContains(t, got, "after an end: RtmLimitExceededError 5")
		assert.Len(t, w.tasks, MaxMediaTasks)
	})
}

// Another client has its own places; a refused call takes none.
func TestRefusedTasksTakeNoPlace(t *testing.T) {
	inSession(t, func(w *world) {
		for range 2 * MaxMediaTasks {
			w.upload("empty", w.blob(0))
			w.download("bad", "junk")
		}
		w.upload("up", w.blob(10))
		w.host.only("POST")
	})
}

func TestTasksStartInOrder(t *testing.T) {
	inSession(t, func(w *world) {
		const n = 7
		for i := range n {
			w.upload(strconv.Itoa(i), w.blob(10))
		}
		w.host.settle()
		assert.Equal(t, []string{"0 0/10", "1 0/10", "2 0/10"}, w.taken())
		for i := range n {
			out := w.host.outstanding()
			require.Len(t, out, min(runningTasks, n-i))
			out[0].created(testKey, 10)
			id := "id 0" + testKey + "1z1z10"
			name := strconv.Itoa(i)
			want := []string{name + " 10/10", name + ": ok", id}
			w.host.settle()
			if next := i + runningTasks; next < n {
				want = append(want, strconv.Itoa(next)+" 0/10")
			}
			assert.Equal(t, want, w.taken())
		}
	})
}

// A task that can't go on for now keeps its runner.
func TestTaskThatWaitsToTryAgainRuns(t *testing.T) {
	inSession(t, func(w *world) {
		for range runningTasks + 1 {
			w.upload("up", w.blob(10))
		}
		w.host.settle()
		w.host.outstanding()[0].answer(503, nil, nil)
		w.host.settle()
		assert.Len(t, w.host.outstanding(), runningTasks-1)
	})
}

// Waiting in the queue does not count against the 120 s.
func TestQueuedTaskDoesNotStall(t *testing.T) {
	inSession(t, func(w *world) {
		for range runningTasks {
			w.upload("running", w.blob(10))
		}
		w.upload("queued", w.blob(10))
		w.alive(MediaStallTimeout - 1)
		w.taken()
		w.host.outstanding()[0].created(testKey, 10)
		w.alive(MediaStallTimeout / 2)
		for _, line := range w.taken() {
			assert.NotContains(t, line, "queued: ")
		}
	})
}
