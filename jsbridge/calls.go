//go:build js && wasm

package jsbridge

import (
	"time"

	"rtmwasm/core"
)

// call runs one of the Calls of bridge.ts.
func (c *client) call(method string, args []value) any {
	fault(method, args)
	switch method {
	case "login":
		c.BeginLogin(toString(args[0]), toString(args[1]), errorOnly(args[2]))
	case "logout":
		c.Logout(errorOnly(args[0]))
	case "logoutSync":
		return failure(c.LogoutNow())
	case "renewToken":
		c.RenewToken(toString(args[0]), errorOnly(args[1]))
	case "wake":
		c.Wake()
	case "join", "leave", "members", "sendChannel":
		handle, args := toHandle(args[0]), args[1:]
		id := ""
		if method == "join" { // the other methods fail for an unknown channel, so they need no id
			id, args = toString(args[0]), args[1:]
		}
		c.channelCall(c.channel(handle, id), method, args)
		c.forget(handle)
	case "sendPeer":
		c.SendToPeer(toString(args[0]), outgoing(args[1]), toBool(args[2]), func(received bool, err *core.Error) {
			settle(args[3], err, received)
		})
	case "queryPeers", "subscribePeers", "unsubscribePeers", "subscribedPeers", "counts":
		c.presenceCall(method, toStrings(args[0]), args[1])
	case "invite":
		i := c.Invitation(toString(args[0]), toString(args[1]))
		i.Channel, i.Content = toString(args[2]), toString(args[3])
		i.Do("send")
		return i.Key()
	case "cancelCall", "accept", "refuse":
		if i := c.Call(toString(args[0])); i != nil {
			actOn(i, method, toString(args[1]))
		}
	case "writeAttributes":
		c.writeAttributes(args)
	case "readAttributes":
		c.readAttributes(args)
	case "upload":
		c.startUpload(args)
	case "download":
		c.startDownload(args)
	case "discard":
		c.Discard(toString(args[0]), errorOnly(args[1]))
	case "mediaUrl":
		o := core.MediaURLOptions{ExpiresIn: time.Duration(toNumber(args[1])) * time.Second, Download: toString(args[2])}
		c.MediaURL(toString(args[0]), o, func(url string, err *core.Error) { settle(args[3], err, url) })
	case "cancel":
		if t := c.tasks[toHandle(args[0])]; t != nil {
			t.Cancel()
		}
	}
	return nil
}

// actOn runs a method of a call invitation. The façade has checked its arguments.
func actOn(i *core.Invitation, method, text string) {
	if method == "cancelCall" {
		i.Content = text
		i.Do("cancel")
		return
	}
	i.Response = text
	i.Do(method)
}

func (c *client) channelCall(ch *core.Channel, method string, args []value) {
	switch method {
	case "join":
		ch.Join(errorOnly(args[0]))
	case "leave":
		ch.Leave(errorOnly(args[0]))
	case "members":
		ch.Members(func(uids []string, err *core.Error) { settle(args[0], err, anySlice(uids)) })
	case "sendChannel":
		ch.Send(outgoing(args[0]), errorOnly(args[1]))
	}
}

func (c *client) startUpload(args []value) {
	handle, params, done := toHandle(args[0]), args[2], args[4]
	p := core.UploadParams{Image: toBool(get(params, "image")), Fault: getString(params, "faultText"), Nonce: getString(params, "nonce")}
	p.Width, p.Height = getUint32(params, "width"), getUint32(params, "height")
	p.ThumbnailWidth, p.ThumbnailHeight = getUint32(params, "thumbnailWidth"), getUint32(params, "thumbnailHeight")
	if thumbnail := get(params, "thumbnail"); isSet(thumbnail) {
		p.Thumbnail = blob{v: thumbnail}
	}
	c.start(handle, func(ended func()) *core.Task {
		return c.Upload(blob{v: args[1]}, p, progress(args[3]), func(u *core.Uploaded, err *core.Error) {
			ended()
			if err != nil {
				settle(done, err, nil)
				return
			}
			settle(done, nil, map[string]any{
				"mediaId":         u.MediaID,
				"width":           float64(u.Width),
				"height":          float64(u.Height),
				"thumbnailWidth":  float64(u.ThumbnailWidth),
				"thumbnailHeight": float64(u.ThumbnailHeight),
			})
		})
	})
}

func (c *client) startDownload(args []value) {
	handle, done := toHandle(args[0]), args[3]
	c.start(handle, func(ended func()) *core.Task {
		return c.Download(toString(args[1]), progress(args[2]), func(b core.Blob, err *core.Error) {
			ended()
			var file value
			if b, ok := b.(blob); ok {
				if file = b.v; b.err != nil {
					err = &core.Error{Class: core.Unavailable, Code: core.DownloadMediaErrFailure, Text: "the page can't make a Blob of the file", Cause: b.err}
				}
			}
			settle(done, err, file)
		})
	})
}

// start keeps a task by its handle until the task ends. The task may end inside begin.
func (c *client) start(handle handle, begin func(ended func()) *core.Task) {
	over := false
	var t *core.Task
	ended := func() {
		delete(c.tasks, handle)
		c.page.moved(t.Total())
	}
	t = begin(func() {
		if over = true; t != nil {
			ended()
		}
	})
	if c.tasks[handle] = t; over {
		ended()
	}
}

func progress(f value) func(current, total int64) {
	return func(current, total int64) { invoke(f, float64(current), float64(total)) }
}

// invoke calls a function of the façade. The façade does not throw on purpose, so an error is
// only logged.
func invoke(f value, args ...any) {
	_, err := f.Invoke(args...)
	report(plain(err))
}

// settle calls done, a Done of bridge.ts, with the error or the result.
func settle(done value, err *core.Error, result any) {
	if err != nil {
		invoke(done, failure(err))
		return
	}
	invoke(done, nil, result)
}

func errorOnly(done value) func(*core.Error) {
	return func(err *core.Error) { settle(done, err, nil) }
}

// failure returns err as a Failure of bridge.ts. It returns nil for nil.
func failure(err *core.Error) any {
	if err == nil {
		return nil
	}
	out := map[string]any{"name": string(err.Class), "code": err.Code, "text": err.Text}
	if err.ServerCode != 0 {
		out["serverCode"] = err.ServerCode
	}
	if t, ok := err.Cause.(thrown); ok {
		out["cause"] = t.v
	} else if err.Cause != nil {
		cause, err := construct("Error", err.Cause.Error())
		report(err)
		out["cause"] = cause
	}
	return out
}

func anySlice(ss []string) []any {
	out := make([]any, len(ss))
	for i, s := range ss {
		out[i] = s
	}
	return out
}
