package natsengine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// queueUnderTest runs a userQueue by words. Frames have numbers; "2/3" is the third attempt at frame 2.
type queueUnderTest struct {
	t      *testing.T
	q      userQueue
	frames map[int]*delivery
}

// do takes a step and tells what follows from it:
//
//	add 1           the attempt if it is sent at once
//	1/1 moved       "ends" if the frame's fate is known, "start" if a goroutine is to send again
//	redeliver       "start", as above
//	begin           "more", "again" or "stop": what userQueue.begin says
//	next            the attempt, "-" if the round is over
//	absent          the frames that are lost because the user is not logged in
func (u *queueUnderTest) do(step string) string {
	word, rest, _ := strings.Cut(step, " ")
	switch word {
	case "add":
		var n int
		_, err := fmt.Sscan(rest, &n)
		require.NoError(u.t, err)
		d := &delivery{id: uint64(n)}
		u.frames[n] = d
		if !u.q.add(d) {
			return ""
		}
		return u.attempt(d)
	case "redeliver":
		return ifSo(u.q.rewind(), "start")
	case "begin":
		more, again := u.q.begin()
		return ifSo(again, "again") + ifSo(more && !again, "more") + ifSo(!more, "stop")
	case "next":
		return u.attempt(u.q.next())
	case "absent":
		var lost []string
		for _, d := range u.q.abandon() {
			lost = append(lost, fmt.Sprint(d.id))
			u.q.remove(d)
		}
		return strings.Join(lost, " ")
	}
	var n, attempt int
	_, err := fmt.Sscanf(word, "%d/%d", &n, &attempt)
	require.NoError(u.t, err)
	d := u.frames[n]
	a := map[string]answer{"received": received, "refused": notReceived, "moved": userMoved, "nobody": nobodyListens}[rest]
	ends, start := u.q.answered(d, attempt, a)
	if ends {
		u.q.remove(d)
	}
	return ifSo(ends, "ends") + ifSo(start, "start")
}

// attempt names an attempt, with behindMark if an earlier frame may yet come.
func (u *queueUnderTest) attempt(d *delivery) string {
	if d == nil {
		return "-"
	}
	return fmt.Sprintf("%d/%d", d.id, d.attempt) + ifSo(u.q.behind(d), behindMark)
}

func ifSo(is bool, text string) string {
	if is {
		return text
	}
	return ""
}

func TestUserQueue(t *testing.T) {
	for name, steps := range map[string]string{
		"in order, answered": `
			add 1 = 1/1; add 2 = 2/1-; 1/1 received = ends; add 3 = 3/1-; 2/1 received = ends; 3/1 received = ends`,
		"not received": `
			add 1 = 1/1; add 2 = 2/1-; 1/1 refused = ends; 2/1 received = ends`,
		"the user moves": `
			add 1 = 1/1; add 2 = 2/1-; redeliver = start; add 3 =
			begin = again; next = 1/2; next = 2/2-; next = 3/1-; next = -; begin = stop
			1/1 moved = ; 2/1 moved = ; add 4 = 4/1-
			1/2 received = ends; 2/2 received = ends; 3/1 received = ends; 4/1 received = ends`,
		"the former gateway says that the user moved before they listen elsewhere": `
			add 1 = 1/1; 1/1 moved = start; begin = again; next = 1/2; next = -
			1/2 nobody = ; begin = again; redeliver = ; next = -; begin = again; next = 1/3; 1/3 received = ends; begin = stop`,
		"both gateways get one attempt, and the former one answers first": `
			add 1 = 1/1; add 2 = 2/1-; 1/1 moved = start; 2/1 moved =
			1/1 received = ends; 2/1 received = ends; begin = stop`,
		"both get it, and a later frame is received first": `
			add 1 = 1/1; add 2 = 2/1-; 1/1 moved = start; 2/1 received = ends; begin = stop; 1/1 received = ends`,
		"an earlier attempt is received, whatever came of a later one": `
			add 1 = 1/1; redeliver = start; begin = again; next = 1/2; 1/2 moved = ; next = -; 1/1 received = ends; begin = stop`,
		"an earlier attempt is not received": `
			add 1 = 1/1; redeliver = start; begin = again; next = 1/2; 1/1 refused = ; next = -; begin = stop; 1/2 received = ends`,
		"a later frame does not overtake those that are sent again meanwhile": `
			add 1 = 1/1; add 2 = 2/1-; redeliver = start; add 3 = ; begin = again; next = 1/2; next = 2/2-
			2/2 moved = ; next = -; begin = again; next = 1/3; next = 2/3-; next = 3/1-; next = -; begin = stop`,
		"the user moves once more in the middle of a round": `
			add 1 = 1/1; add 2 = 2/1-; redeliver = start; begin = again; next = 1/2; redeliver = ; next = -
			begin = again; next = 1/3; next = 2/2-; next = -; begin = stop`,
		"a frame that was missed is not sent behind a later one": `
			add 1 = 1/1; add 2 = 2/1-; 2/1 received = ends; add 3 = 3/1; redeliver = start
			begin = again; next = 3/2; next = -; begin = stop; 1/1 refused = ends`,
		"an answer to a frame that was passed": `
			add 1 = 1/1; add 2 = 2/1-; 2/1 received = ends; 1/1 moved = ; redeliver = ; 1/1 received = ends`,
		"nobody is logged in": `
			add 1 = 1/1; 1/1 nobody = start; add 2 = ; begin = again; absent = 1 2; begin = stop; add 3 = 3/1`,
		"nobody is logged in any more": `
			add 1 = 1/1; add 2 = 2/1-; 2/1 nobody = start; begin = again; absent = 2; begin = stop; 1/1 received = ends`,
		"nothing is to be sent again": `
			redeliver = ; add 1 = 1/1; 1/1 received = ends; redeliver = ; add 2 = 2/1`,
	} {
		t.Run(name, func(t *testing.T) {
			u := &queueUnderTest{t: t, frames: map[int]*delivery{}}
			for step := range strings.FieldsFuncSeq(steps, func(r rune) bool { return r == ';' || r == '\n' }) {
				do, want, _ := strings.Cut(strings.TrimSpace(step), "=")
				if do = strings.TrimSpace(do); do != "" {
					require.Equal(t, strings.TrimSpace(want), u.do(do), "%s, after which %d are left", do, len(u.q.items))
				}
			}
			assert.LessOrEqual(t, u.q.sent, len(u.q.items))
		})
	}
}

func TestReceipts(t *testing.T) {
	for token, want := range map[string][2]int{
		"1_1": {1, 1}, "z_12" + behindMark: {35, 12}, "": {}, "_": {}, "x": {33, 0}, "-": {},
	} {
		id, attempt := parseReceipt(token)
		assert.Equal(t, want, [2]int{int(id), attempt}, token)
	}
}
