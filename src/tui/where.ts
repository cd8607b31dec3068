// Where the user is: what decides which keys do something.
import type { Controller } from './controller.ts'

export const isList = (c: Controller): boolean => c.view === 'overview' && c.detail === undefined
export const isNodes = (c: Controller): boolean => (isList(c) && c.panel === 'nodes') || c.detail?.kind === 'nodes'
export const isLinks = (c: Controller): boolean => (isList(c) && c.panel === 'links') || c.detail?.kind === 'links'
export const hasNode = (c: Controller): boolean => isNodes(c) && c.node !== undefined && c.node.role !== 'bridge'
export const isView = (view: Controller['view']) => (c: Controller) => c.view === view && c.detail === undefined
export const hasPane = (c: Controller): boolean => isView('commands')(c) && c.pane !== undefined
