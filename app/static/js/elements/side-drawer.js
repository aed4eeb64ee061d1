// <side-drawer><dialog class="drawer" id="drawer-x">: a dialog that slides in from the side; opened by data-opens="drawer-x".

import { DialogHost } from "../lib/dialogs.js"

customElements.define("side-drawer", class extends DialogHost {})
