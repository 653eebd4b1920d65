package core

import (
	"strconv"
)

// runningTasks is how many media tasks of a client run at the same time. The others wait, in the order
// in which they came. It is more than one, so that small files need not wait for a large one.
const runningTasks = 3

// mediaCodes are the error codes of uploads or of downloads.
type mediaCodes struct {
	failure, invalidArgument, timeout, tooMany, interrupted, notLoggedIn int
	cancelText                                                           string
}

var (
	uploadCodes = mediaCodes{
		failure:         UploadMediaErrFailure,
		invalidArgument: UploadMediaErrInvalidArgument,
		timeout:         UploadMediaErrTimeout,
		tooMany:         UploadMediaErrConcurrencyLimitExceeded,
		interrupted:     UploadMediaErrInterrupted,
		notLoggedIn:     UploadMediaErrNotLoggedIn,
		cancelText:      "Uploading canceled",
	}
	downloadCodes = mediaCodes{
		failure:         DownloadMediaErrFailure,
		invalidArgument: DownloadMediaErrInvalidArgument,
		timeout:         DownloadMediaErrTimeout,
		tooMany:         DownloadMediaErrConcurrencyLimitExceeded,
		interrupted:     DownloadMediaErrInterrupted,
		notLoggedIn:     DownloadMediaErrNotLoggedIn,
		cancelText:      "Downloading canceled",
	}
)

// transfer is the work of a task. Its methods are called while the task runs and is connected.
type transfer interface {
	// step makes the next request, if it is time for one. It is called again after an
	// interruption or a failure, and continues from the gateway's offset.
	step()

	// doubt is called when a request failed without an answer: the cause may be on this side.
	doubt()

	// cancelled cleans up after a task that was canceled or failed. None of its requests
	// is running any more.
	cancelled()
}

// Task is an upload or a download of one client: it waits, runs, and ends once.
type Task struct {
	c        *Client
	codes    *mediaCodes
	transfer transfer
	fail     func(*Error)
	progress func(current, total int64)
	total    int64

	lasting bool // keep what has arrived after a failure: a later upload continues it
	running bool
	ended   bool

	lastReported   int64 // the last reported progress; -1 before the first
	sentMost       int64 // largest number of bytes that the browser reported as sent, for an upload
	confirmed      int64 // largest number of bytes that the gateway has stored, or that were downloaded and kept
	lastProgressAt instant
	stopStall      func()

	inFlight  []*mediaAttempt // running requests
	stopRetry func()          // set while waiting to try again
	failures  int             // since confirmed last grew
	fault     fault           // of the last failure
}

// addTask adds a task, unless there are too many (API 7.5).
func (c *Client) addTask(t *Task) {
	if len(c.tasks) >= MaxMediaTasks {
		t.ended = true
		t.fail(&Error{Class: LimitExceeded, Code: t.codes.tooMany,
			Text: "uploads and downloads are limited to " + strconv.Itoa(MaxMediaTasks) + " at a time; wait for one to end"})
		return
	}
	t.lastReported = -1
	c.tasks = append(c.tasks, t)
	c.host.AfterFunc(0, c.startTasks)
}

// startTasks starts the tasks that have waited longest, as far as runningTasks allows.
func (c *Client) startTasks() {
	running := 0
	for _, t := range c.tasks {
		if t.running {
			running++
		}
	}
	for _, t := range c.tasks {
		if running >= runningTasks || !c.connected() {
			return
		}
		if !t.running && !t.ended { // a progress function may end others
			running++
			t.running = true
			t.lastProgressAt = now()
			t.watchStall()
			t.transfer.step()
		}
	}
}

// Total returns the length of the file in bytes.
func (t *Task) Total() int64 { return t.total }

// Cancel ends the task with Interrupted. It does nothing if the task has already ended.
func (t *Task) Cancel() {
	defer t.c.enter().exit()
	if t.ended {
		return
	}
	t.end()
	t.transfer.cancelled()
	t.fail(&Error{Class: Interrupted, Code: t.codes.interrupted, Text: t.codes.cancelText})
}

// end removes the task. It makes no calls afterwards.
func (t *Task) end() {
	t.ended = true
	t.halt()
	if t.stopStall != nil {
		t.stopStall()
	}
	c := t.c
	for i := range c.tasks {
		if c.tasks[i] == t {
			c.tasks = append(c.tasks[:i:i], c.tasks[i+1:]...)
			break
		}
	}
	c.host.AfterFunc(0, c.startTasks)
}

// halt stops the task's requests and timers.
func (t *Task) halt() {
	for len(t.inFlight) > 0 {
		t.inFlight[0].halt()
	}
	if t.stopRetry != nil {
		t.stopRetry()
		t.stopRetry = nil
	}
}

// failed ends the task with an error.
func (t *Task) failed(err *Error) {
	if t.ended {
		return
	}
	t.end()
	if !t.lasting {
		t.transfer.cancelled()
	}
	t.fail(err)
}

// refused ends the task because of a status that a new attempt would not change.
func (t *Task) refused(r *HTTPResponse) { t.unavailable(statusFault(r, true)) }

func (t *Task) unavailable(f fault) {
	t.failed(&Error{Class: Unavailable, Code: t.codes.failure, Text: f.text, ServerCode: f.status, Cause: f.cause})
}

// show reports progress to the application (API 7.6). The first value is 0, values never fall, and
// the total comes only when the task is complete. show returns whether n is higher than the last
// reported value.
func (t *Task) show(n int64) bool {
	if t.lastReported < 0 {
		t.lastReported = 0
		t.progress(0, t.total)
	}
	if t.ended || n <= t.lastReported {
		return false
	}
	t.lastReported = n
	t.progress(n, t.total)
	return true
}

// confirm notes how many bytes have certainly arrived. It is progress only if n is higher than ever
// before: bytes that are sent again do not count.
func (t *Task) confirm(n int64) {
	if n > t.confirmed {
		t.confirmed, t.lastProgressAt, t.failures = n, now(), 0
	}
}

// watchStall ends a task that has made no progress for MediaStallTimeout.
func (t *Task) watchStall() {
	t.stopStall = t.c.host.AfterFunc(MediaStallTimeout-since(t.lastProgressAt), func() {
		if since(t.lastProgressAt) < MediaStallTimeout {
			t.watchStall()
			return
		}
		f := t.fault
		switch {
		case !t.c.connected():
			f = fault{cause: textError("the connection to the gateway is interrupted")}
		case f.cause == nil:
			f.cause = textError("the requests get no answer")
		}
		if f.text == "" {
			f.text = f.cause.Error()
		}
		t.failed(&Error{Class: Timeout, Code: t.codes.timeout, Text: "no progress for 120 s: " + f.text, ServerCode: f.status, Cause: f.cause})
	})
}

// retryLater makes the next step after a wait, because of a fault.
func (t *Task) retryLater(f fault) {
	t.fault = f
	t.c.log(LogInfo, "media request failed, trying again: "+f.text)
	if t.transfer.doubt(); t.stopRetry != nil {
		return
	}
	t.stopRetry = t.c.host.AfterFunc(backoff(t.failures, lastMediaRetryCap), func() {
		t.stopRetry = nil
		t.resume()
	})
	t.failures++
}

// resume continues a running task.
func (t *Task) resume() {
	if t.running && !t.ended && t.stopRetry == nil && t.c.connected() {
		t.transfer.step()
	}
}

// pauseTasks stops requests while the session is down (API 7.7).
func (c *Client) pauseTasks() {
	c.cameBack, c.pieceTook, c.createMost = true, 0, 0
	for _, t := range c.tasks {
		t.halt()
	}
}

func (c *Client) resumeTasks() {
	c.back = now()
	c.host.AfterFunc(0, func() {
		for _, t := range append([]*Task(nil), c.tasks...) {
			t.failures = 0 // of another connection
			t.resume()
		}
		c.startTasks()
	})
}

// interruptTasks ends all tasks because the session is over.
func (c *Client) interruptTasks() {
	tasks := c.tasks
	c.tasks = nil
	for _, t := range tasks {
		t.end()
		t.fail(&Error{Class: Interrupted, Code: t.codes.interrupted, Text: "the session ended before the transfer did"})
	}
}
