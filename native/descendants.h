#ifndef DESCENDANTS_H
#define DESCENDANTS_H

// Sends a signal to every process that descends from this one; returns how many there are. Signal 0 only counts. What forks meanwhile may
// be missed: a subreaper asks again until none is left.
int signal_descendants(int signal);

#endif
