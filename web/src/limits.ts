// Code generated from core/limits.go by go generate; DO NOT EDIT.

/** Sizes are in bytes of UTF-8, times in ms. */
export const enum Limit {
  MAX_MESSAGE_BYTES = 32768,
  MAX_ATTRIBUTES = 32,
  MAX_INVITATION_BYTES = 8192,
  LOGIN_INTERVAL = 500,
  LOGIN_TIMEOUT = 12000,
}
