package rate

import (
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// A flood of one kind of refusals hides no other kind, and what has no line is counted.
func TestOneTextHidesNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex // guards text, which the timer of a minute writes too
		var text strings.Builder
		r := NewLog(slog.New(slog.NewTextHandler(writerFunc(func(b []byte) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			return text.Write(b)
		}), nil)))
		const origin, login = "an origin", "a login"
		flood := func(n int) {
			for i := range n {
				r.Warn(origin, "", strconv.Itoa(i))
			}
		}
		lines := func(of string) int {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			return strings.Count(text.String(), of)
		}
		flood(1000)
		r.Warn(login, "", "ada")
		assert.Equal(t, maxLines, lines(`msg="an origin"`))
		assert.Equal(t, 1, lines(`msg="a login"`), "another kind is logged during a flood")
		assert.Zero(t, lines("count="), "the minute is not over")

		flood(1000) // 120 of them have a line
		time.Sleep(logEvery)
		assert.Equal(t, 1, lines("not logged"), "one line for a minute and kind")
		assert.Equal(t, 1, lines(`refusal="an origin" count=1760`))

		flood(maxLines + 7)
		assert.Equal(t, 2*maxLines, lines(`msg="an origin"`), "the next minute has its own lines")
		assert.Equal(t, maxLines, lines(`"more since the last line"=1`))
		time.Sleep(logEvery)
		assert.Equal(t, 1, lines("count=7"))

		time.Sleep(time.Hour)
		assert.Equal(t, 2, lines("not logged"), "nothing new, no line")
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
