"""Losses against imbalance: what they promise, how that is put right, and a net trained on one."""

import numpy as np

__all__ = ["chance", "corrected", "focal_truth", "train_net"]


def chance(log_odds):
    """Return the probabilities that belong to log-odds.

    Parameters
    ----------
    log_odds : array_like of float
        Any shape.

    Returns
    -------
    numpy.ndarray of float64
        The same shape: the logistic function, without overflow.

    Examples
    --------
    >>> float(chance(0.0))
    0.5
    """
    return np.exp(-np.logaddexp(0.0, -np.asarray(log_odds)))


def settings(labels, weight=1.0, kept=1.0, gamma=0.0):
    """Return weight, kept and gamma as numbers; "balanced" is genuine rows over frauds."""
    if weight == "balanced":
        weight = float((labels == 0).sum() / (labels == 1).sum())
    return {"weight": weight, "kept": kept, "gamma": gamma}


def focal_truth(log_odds, gamma):
    """Return the log-odds of the true probability at which the focal loss is lowest.

    Parameters
    ----------
    log_odds : array_like of float
        The output q as log(q / (1 - q)).
    gamma : float
        The exponent, at least 0.

    Returns
    -------
    numpy.ndarray of float64
        Those of the share t of frauds for which q has the lowest mean loss, that is, for which
        the slope of ``-t (1-q)**gamma log(q) - (1-t) q**gamma log(1-q)`` is zero.
    """
    log_odds = np.asarray(log_odds, float)
    log_q, log_rest = -np.logaddexp(0.0, -log_odds), -np.logaddexp(0.0, log_odds)
    q, rest = np.exp(log_q), np.exp(log_rest)
    # The slopes of both halves, times q (1 - q), are -t fraud and (1 - t) genuine.
    log_fraud = gamma * log_rest + np.log(rest - gamma * q * log_q)
    log_genuine = gamma * log_q + np.log(q - gamma * rest * log_rest)
    return log_genuine - log_fraud


def corrected(log_odds, weight=1.0, kept=1.0, gamma=0.0):
    """Return log-odds put right by formula, for a net trained with these settings.

    Parameters
    ----------
    log_odds : array_like of float
        What the net says.
    weight : float, default 1.0
        How many times each fraud counted in the loss.
    kept : float, default 1.0
        Share of the genuine rows that it was trained on.
    gamma : float, default 0.0
        Exponent of the focal loss.

    Returns
    -------
    numpy.ndarray of float64
        Log-odds of the true probability, if the net had reached the minimum of its loss.

    References
    ----------
    Dal Pozzolo et al. (2015), for undersampling. Charoenphakdee et al. (2021), for focal loss.
    """
    return focal_truth(log_odds, gamma) - np.log(weight) + np.log(kept)


def recalibrated(known, labels, log_odds):
    """Return log-odds put right by the best line through those of validation rows (Platt)."""
    from sklearn.linear_model import LogisticRegression

    line = LogisticRegression(C=1e6, max_iter=1000).fit(known[:, None], labels)
    return line.decision_function(log_odds[:, None])


def log_odds_of(net, x):
    """Return what a net says of each row, as float64."""
    from dropout_lab.training import predict_torch

    return predict_torch(net, x).reshape(-1).astype(np.float64)


def loss_of(logits, labels, weight, gamma):
    """Return the mean loss in PyTorch: frauds count `weight` times, sure answers less by gamma."""
    import torch
    from torch.nn import functional

    each = functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")
    if gamma:
        each = each * torch.sigmoid(torch.where(labels > 0, -logits, logits)) ** gamma
    return (torch.where(labels > 0, weight, 1.0) * each).mean()


def train_net(
    train, validation, *, rate, seed, weight=1.0, kept=1.0, gamma=0.0, epochs=40, patience=8
):
    """Train a 64-32 net with one of the losses, and return it at its best epoch.

    Parameters
    ----------
    train, validation : tuple of numpy.ndarray
        Standardized inputs and labels.
    rate : float
        Dropout rate of the hidden units.
    seed : int
        Draws weights, masks, batches, and which genuine rows are kept.
    weight, kept, gamma : float
        As `corrected` takes them.
    epochs, patience : int
        It stops once the validation loss of the corrected probabilities has not fallen so long.

    Returns
    -------
    torch.nn.Sequential
        In evaluation mode.
    """
    import torch

    from dropout_lab.training import perceptron_torch

    rng = np.random.default_rng([seed, 5])
    rows = np.flatnonzero((train[1] == 1) | (rng.random(len(train[1])) < kept))
    x, labels = (torch.from_numpy(part[rows]).float() for part in train)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = perceptron_torch([x.shape[1], 64, 32, 1], rate, seed=seed)
        adam = torch.optim.Adam(net.parameters(), lr=1e-3, fused=True)
        best, kept_weights, waited = np.inf, net.state_dict(), 0
        for _ in range(epochs):
            net.train()
            for batch in torch.from_numpy(rng.permutation(len(rows))).split(256):
                loss_of(net(x[batch])[:, 0], labels[batch], weight, gamma).backward()
                adam.step()
                adam.zero_grad()
            odds = corrected(log_odds_of(net.eval(), validation[0]), weight, kept, gamma)
            loss = np.mean(np.logaddexp(0.0, odds) - validation[1] * odds)
            waited += 1
            if loss < best:
                best, waited = loss, 0
                kept_weights = {name: value.clone() for name, value in net.state_dict().items()}
            if waited >= patience:
                break
        net.load_state_dict(kept_weights)
    return net
