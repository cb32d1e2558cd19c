/*
 * Runs one image-import worker at a time for a command of the control socket,
 * passes its lines on, and reads the images again when it has ended.
 */
#ifndef CONVECT_APP_IMAGE_JOB_H
#define CONVECT_APP_IMAGE_JOB_H

#include "app/image_import.h"
#include "net/ctlsock.h"

struct app;

/* Owns the call. */
void image_job_start(struct app *app, struct ctl_call *call, enum image_op op);
/* Kills the worker that runs, if any; what it has downloaded stays. */
void image_job_stop(struct app *app);

#endif
