// Package webhook tells a web hook of an app's backend what users do:
//
//	engine, err := natsengine.Open(ctx, natsengine.Options{Webhook: &natsengine.WebhookOptions{Selection: webhook.DefaultSelection()}})
//	sender, err := webhook.NewSender(webhook.Config{URL: "https://backend.example.org/rtm", Secrets: secrets, Queue: engine.WebhookQueue()})
//	go sender.Run(ctx)
//
// Encode makes the JSON of an event, which a Queue keeps until the hook has taken it. The Sender
// posts events in batches, oldest first, one batch at a time, and repeats one until the hook answers
// with a status of 2xx: each event arrives at least once. The same event always has the same id.
// Events that are older than Config.MaxAge, and those that the hook does not want (410), are dropped
// and counted.
//
// Redirects are not followed. The URL is the operator's, who may well name a private address.
package webhook
