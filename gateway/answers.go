package gateway

// answers remembers the requests of a session, so that a repeated one is answered as
// it was the first time and done once. Ids rise, so an id below the highest that is
// not found has been forgotten.
type answers struct {
	highest uint32
	known   map[uint32][]byte // the marshalled answer; nil while the request is under way
	order   []uint32          // of known, oldest first
	bytes   int
}

// What lookup finds of a request.
type novelty int

const (
	isNew     novelty = iota
	isRunning         // asked before; the answer will come
	isDone            // asked before and answered
	isForgotten
)

// lookup looks a request up and remembers a new one.
func (a *answers) lookup(id uint32) (novelty, []byte) {
	if answer, ok := a.known[id]; ok {
		if answer == nil {
			return isRunning, nil
		}
		return isDone, answer
	}
	if id <= a.highest {
		return isForgotten, nil
	}
	if a.known == nil {
		a.known = map[uint32][]byte{}
	}
	a.highest = max(a.highest, id)
	a.known[id] = nil
	a.order = append(a.order, id)
	a.shrink()
	return isNew, nil
}

// done remembers the answer of a request.
func (a *answers) done(id uint32, answer []byte) {
	if _, ok := a.known[id]; !ok {
		return
	}
	a.known[id] = answer
	a.bytes += len(answer)
	a.shrink()
}

func (a *answers) shrink() {
	for len(a.order) > maxAnswers || a.bytes > maxAnswerBytes && len(a.order) > 1 {
		id := a.order[0]
		a.order = a.order[1:]
		a.bytes -= len(a.known[id])
		delete(a.known, id)
	}
}
